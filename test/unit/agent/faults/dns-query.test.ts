import { describe, expect, it } from 'vitest';
import { parseDnsName, tcpQueriesFor, udpQueryFor } from '../../../../agent/faults/dns-query.ts';
import type { PayloadMatch } from '../../../../agent/faults/rule-script.ts';

/** As the kernel compares: masked bytes, counted from the transport header. */
const isIn = (packet: Buffer, matches: readonly PayloadMatch[]): boolean =>
  matches.every(({ offsetBytes, bytes }) =>
    bytes.every(({ byte, mask }, index) => ((packet[offsetBytes + index] ?? -1) & mask) === (byte & mask)),
  );

function question(name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  return Buffer.concat([Buffer.alloc(12), ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}
const overUdp = (name: string): Buffer => Buffer.concat([Buffer.alloc(8), question(name)]);
const overTcp = (name: string, header: number): Buffer => Buffer.concat([Buffer.alloc(header + 2), question(name)]);

describe('a query for a name', () => {
  const name = 'a-rather-long-label.api.example.com';

  it('is known over UDP in whatever case it is written', () => {
    for (const asked of [name, name.toUpperCase(), 'A-Rather-Long-Label.API.exAMPLE.com']) {
      expect(isIn(overUdp(asked), udpQueryFor(parseDnsName(name, 'name')))).toBe(true);
    }
  });

  it('is not taken for one of another name', () => {
    for (const other of ['example.com', `x.${name}`, `${name}.org`, 'b-rather-long-label.api.example.com']) {
      expect(isIn(overUdp(other), udpQueryFor(name)), other).toBe(false);
    }
    expect(isIn(overUdp('a1.example'), udpQueryFor('aq.example'))).toBe(false);
  });

  it('is known over TCP with and without timestamps', () => {
    const known = tcpQueriesFor(name).map((matches) => ({ matches, header: matches[0]?.tcpHeaderBytes ?? 0 }));
    expect(known.map(({ header }) => header)).toEqual([20, 32]);
    for (const { matches, header } of known) expect(isIn(overTcp(name, header), matches)).toBe(true);
  });

  it('is compared in pieces that the kernel can take', () => {
    const longest = Array.from({ length: 4 }, () => 'x'.repeat(62)).join('.');
    expect(udpQueryFor(parseDnsName(longest, 'name')).every(({ bytes }) => bytes.length <= 16)).toBe(true);
  });

  it.each(['*.example.com', 'exämple.com', 'a..b', '.', `${'x'.repeat(64)}.com`, 'a b', '-a.com', 'a"; flush ruleset'])(
    'is not made of %j',
    (wrong) => {
      expect(() => parseDnsName(wrong, 'names[0]')).toThrow('names[0]');
    },
  );
});
