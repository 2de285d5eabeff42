/**
 * How a query for one name looks on the wire (RFC 1035, 4.1): the question stands at a fixed place behind a header of
 * 12 bytes, uncompressed, and letters count the same in either case. Over TCP two bytes of length go before it, and the
 * header of TCP is 20 bytes long, or 32 with the timestamps that Linux sends.
 */
import { InvalidInput, text } from '../../proto/invalid-input.ts';
import type { MaskedByte, PayloadMatch } from './rule-script.ts';

const udpHeaderBytes = 8;
const dnsHeaderBytes = 12;
const tcpHeaderBytes = [20, 32];
const tcpLengthBytes = 2;
/** Without the bit that tells "A" from "a". */
const caseMask = 0xdf;
const exactMask = 0xff;
const bytesPerMatch = 16;
const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** "example.com", with or without the last dot. @throws InvalidInput */
export function parseDnsName(value: unknown, path: string): string {
  const name = text(value, path, { lengthMin: 1, lengthMax: 254 }).replace(/\.$/, '');
  if (name.length > 253 || !name.split('.').every((one) => label.test(one))) {
    throw new InvalidInput(path, value, 'must be a name such as api.example.com, in ASCII and without wildcards');
  }
  return name.toLowerCase();
}

/** The whole name and not one below it: the root label at its end is compared too. */
export function udpQueryFor(name: string): readonly PayloadMatch[] {
  return queryAt(name, udpHeaderBytes + dnsHeaderBytes);
}

/** A query at the start of a segment, as resolvers send it: one entry for each length of the header of TCP. */
export function tcpQueriesFor(name: string): readonly (readonly PayloadMatch[])[] {
  return tcpHeaderBytes.map((header) =>
    queryAt(name, header + tcpLengthBytes + dnsHeaderBytes).map((match) => ({ ...match, tcpHeaderBytes: header })),
  );
}

function queryAt(name: string, offsetBytes: number): readonly PayloadMatch[] {
  const bytes = wireName(name);
  const starts = bytes.map((_, index) => index).filter((index) => index % bytesPerMatch === 0);
  return starts.map((start) => ({
    offsetBytes: offsetBytes + start,
    bytes: bytes.slice(start, start + bytesPerMatch),
  }));
}

/** Each label behind its length, and a length of zero. */
function wireName(name: string): readonly MaskedByte[] {
  const exact = (byte: number): MaskedByte => ({ byte, mask: exactMask });
  const labels = name
    .split('.')
    .flatMap((one) => [
      exact(one.length),
      ...[...one].map((sign) => ({ byte: sign.charCodeAt(0), mask: /[a-z]/i.test(sign) ? caseMask : exactMask })),
    ]);
  return [...labels, exact(0)];
}
