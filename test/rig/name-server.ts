/** A name server of the test's own, which knows service records and answers by UDP (RFC 1035, RFC 2782). */
import { createSocket } from 'node:dgram';

export interface ServiceRecord {
  readonly target: string;
  readonly port: number;
}

export interface NameServer {
  /** "127.0.0.1:PORT" */
  readonly address: string;
  /** From now on. Any other name is answered as one that there is not. */
  serve(name: string, records: readonly ServiceRecord[]): void;
  /** Answers nothing any more, as one that is down. */
  fallSilent(): void;
  close(): Promise<void>;
}

const typeSrv = 33;
const classIn = 1;
const headerBytes = 12;
const nameMissing = 3;

export async function startNameServer(): Promise<NameServer> {
  const zones = new Map<string, readonly ServiceRecord[]>();
  let isSilent = false;
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    if (!isSilent) socket.send(answer(query, zones), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    serve: (name, records) => void zones.set(name, records),
    fallSilent() {
      isSilent = true;
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function answer(query: Buffer, zones: ReadonlyMap<string, readonly ServiceRecord[]>): Buffer {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.subarray(at + 1, at + 1 + length).toString('latin1'));
    at += 1 + length;
  }
  const records = zones.get(labels.join('.').toLowerCase());
  const question = query.subarray(headerBytes, at + 5);
  const header = Buffer.alloc(headerBytes);
  query.copy(header, 0, 0, 2);
  // An answer, with authority, to a question that wanted recursion.
  header.writeUInt16BE(0x8580 | (records ? 0 : nameMissing), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records?.length ?? 0, 6);
  return Buffer.concat([header, question, ...(records ?? []).map(recordBytes)]);
}

function recordBytes({ target, port }: ServiceRecord): Buffer {
  const name = Buffer.concat([
    ...target.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);
  const fixed = Buffer.alloc(18);
  // The name of the question, by a pointer to it.
  fixed.writeUInt16BE(0xc00c, 0);
  fixed.writeUInt16BE(typeSrv, 2);
  fixed.writeUInt16BE(classIn, 4);
  fixed.writeUInt32BE(30, 6);
  fixed.writeUInt16BE(6 + name.length, 10);
  fixed.writeUInt16BE(port, 16);
  return Buffer.concat([fixed, name]);
}
