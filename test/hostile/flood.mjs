// A hostile peer, for as long as its standard input is open and at most for a minute:
//   flood.mjs KIND HOST PORT COUNT [TLS-DIRECTORY]
// "idle", "hello" and "drip" hold COUNT TCP connections: silent, silent after a ClientHello, or with a byte of one now
// and then. "reset", "ping", "settings", "continuation" and "headers" send such HTTP/2 frames over COUNT TLS
// connections, as fast as they are taken, with the certificate in the directory or with none; "garbage" sends noise
// over TLS. What is closed is opened again. Prints "ready" once all were opened, and at the end what it did, as JSON.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, TLSSocket } from 'node:tls';

const [kind, host, port, countText, directory] = process.argv.slice(2);
const count = Number(countText);
const atMostMs = 60_000;
/** What is closed is not opened again at once: the machine's ports are finite. */
const openAgainMs = { idle: 1000, hello: 1000, drip: 1000 }[kind] ?? 20;
const tally = { opened: 0, closed: 0, refused: 0, framesSent: 0, closedAfterMs: [] };
const closedKeptMax = 20_000;
let isStopped = false;

function files() {
  if (!directory) return {};
  const name = readdirSync(directory).find((file) => file.endsWith('.crt') && file !== 'ca.crt');
  const read = (file) => readFileSync(join(directory, file));
  return { cert: read(name), key: read(name.replace(/crt$/, 'key')) };
}
const tlsOptions = { host, port, ...files(), rejectUnauthorized: false, ALPNProtocols: ['h2'] };

const type = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, continuation: 9 };
const endHeaders = 4;

/** RFC 9113, section 4.1. */
function frame(kindOfFrame, flags, streamId, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = kindOfFrame;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** RFC 7541: a literal field that is not indexed, name and value as they are. */
function literal(name, value) {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}

const request = Buffer.concat([
  literal(':method', 'POST'),
  literal(':scheme', 'https'),
  literal(':path', '/leash.v1.Agent/Describe'),
  literal(':authority', 'agent'),
  literal('content-type', 'application/grpc'),
  literal('te', 'trailers'),
]);
const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(type.settings, 0, 0)]);
const cancel = Buffer.from([0, 0, 0, 8]);

/** One batch of frames each time that it is called, for one connection. */
function createBatches() {
  let streamId = -1;
  const next = () => {
    streamId += 2;
    return streamId;
  };
  switch (kind) {
    case 'reset':
      return () =>
        Array.from({ length: 50 }, () => {
          const id = next();
          return [frame(type.headers, endHeaders, id, request), frame(type.reset, 0, id, cancel)];
        }).flat();
    case 'headers':
      return () => [
        frame(
          type.headers,
          endHeaders,
          next(),
          Buffer.concat([request, ...Array.from({ length: 60 }, (_, index) => literal(`x-${index}`, 'v'.repeat(120)))]),
        ),
      ];
    case 'ping':
      return () => Array.from({ length: 100 }, () => frame(type.ping, 0, 0, Buffer.alloc(8)));
    case 'settings':
      return () => Array.from({ length: 100 }, () => frame(type.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0xff, 0xff])));
    case 'continuation': {
      let isBegun = false;
      return () => {
        const more = Array.from({ length: 50 }, () => frame(type.continuation, 0, 1, literal('x', 'v'.repeat(100))));
        if (isBegun) return more;
        isBegun = true;
        return [frame(type.headers, 0, 1, request), ...more];
      };
    }
    default:
      return () => [randomBytes(4096)];
  }
}

/** The first flight of a TLS client, taken from a connection to nowhere. */
async function clientHello() {
  const { Duplex } = await import('node:stream');
  return new Promise((resolve) => {
    const nowhere = new Duplex({
      read() {},
      write: (chunk, _encoding, done) => {
        resolve(chunk);
        done();
      },
    });
    connectTls({ socket: nowhere, ALPNProtocols: ['h2'], rejectUnauthorized: false }).on('error', () => {});
  });
}
const hello = kind === 'hello' || kind === 'drip' ? await clientHello() : Buffer.alloc(0);

function open() {
  if (isStopped) return;
  const openedAtMs = performance.now();
  const isRaw = kind === 'idle' || kind === 'hello' || kind === 'drip';
  const socket = isRaw ? connectTcp({ host, port }) : connectTls(tlsOptions);
  let timer;
  tally.opened += 1;
  socket.on('error', (error) => {
    if (error.code === 'ECONNREFUSED' || error.code === 'EADDRNOTAVAIL') tally.refused += 1;
  });
  socket.on('close', () => {
    clearInterval(timer);
    tally.closed += 1;
    if (tally.closedAfterMs.length < closedKeptMax) tally.closedAfterMs.push(performance.now() - openedAtMs);
    if (!isStopped) setTimeout(open, openAgainMs);
  });
  if (kind === 'hello') socket.on('connect', () => socket.write(hello));
  if (kind === 'drip') {
    let sent = 0;
    timer = setInterval(() => sent < hello.length - 1 && socket.write(hello.subarray(sent, ++sent)), 50);
  }
  if (socket instanceof TLSSocket) {
    socket.on('secureConnect', () => {
      const batch = createBatches();
      if (kind !== 'garbage') socket.write(preface);
      const pour = () => {
        if (socket.destroyed || isStopped) return;
        const frames = batch();
        tally.framesSent += frames.length;
        if (socket.write(Buffer.concat(frames))) setImmediate(pour);
        else socket.once('drain', pour);
      };
      pour();
    });
  }
  socket.resume();
  return socket;
}

function stop() {
  if (isStopped) return;
  isStopped = true;
  const { closedAfterMs, ...counts } = tally;
  const sorted = closedAfterMs.sort((one, other) => one - other);
  process.stdout.write(`${JSON.stringify({ ...counts, closedAfterMaxMs: Math.round(sorted.at(-1) ?? 0) })}\n`, () =>
    process.exit(0),
  );
}
process.stdin.on('end', stop);
process.stdin.resume();
setTimeout(stop, atMostMs);
for (let opened = 0; opened < count; opened += 1) {
  open();
  if (opened % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
}
process.stdout.write('ready\n');
