import { describe, expect, it } from 'vitest';
import { type Rules, ruleScript } from '../../../../agent/faults/rule-script.ts';

const all: Rules = {
  table: 'leash_42',
  controlPath: { localPorts: [22, 7443] },
  directions: ['in', 'out'],
  hitsLoopback: false,
  matches: [{ protocol: 'any' }],
  verdict: { kind: 'drop' },
};
const script = (changes: Partial<Rules> = {}): string => ruleScript({ ...all, ...changes });
const matching = (match: object, changes: Partial<Rules> = {}): string =>
  script({ matches: [{ protocol: 'any', ...match }], ...changes });

describe('the rules of a network fault', () => {
  it('are one command, of a table with an owner that does not persist', () => {
    expect(script()).toMatch(/^add table inet leash_42 \{ flags owner; chain /);
    expect(script()).not.toContain('\n');
    expect(script()).not.toContain('persist');
    expect(script().split('add table')).toHaveLength(2);
  });

  it('let the control path, loopback, neighbours and address leases through before anything is hit', () => {
    for (const direction of ['in', 'out'] as const) {
      const chain = script().split(` chain ${direction} {`)[1]?.split('};')[0] ?? '';
      const rules = chain.split(';').map((rule) => rule.trim());
      const hit = rules.findIndex((rule) => rule.includes(`goto hit_${direction}`));
      const spared = [
        direction === 'in' ? 'iifname "lo" accept' : 'oifname "lo" accept',
        `tcp ${direction === 'in' ? 'dport' : 'sport'} { 22, 7443 } accept`,
        direction === 'in' ? 'udp dport { 68, 546 } accept' : 'udp dport { 67, 547 } accept',
      ];
      for (const rule of spared) expect(rules.indexOf(rule), rule).toBeGreaterThan(0);
      for (const rule of spared) expect(rules.indexOf(rule), rule).toBeLessThan(hit);
      expect(rules.findIndex((rule) => rule.includes('nd-neighbor-solicit'))).toBeLessThan(hit);
    }
  });

  it('hit loopback only where that was asked, and spare the control path there too', () => {
    expect(script({ hitsLoopback: true })).not.toContain('"lo" accept');
    expect(script({ hitsLoopback: true })).toContain('oifname "lo" tcp dport { 22, 7443 } accept');
    expect(script({ hitsLoopback: true })).toContain('tcp dport { 22, 7443 } accept');
  });

  it('have no chain for a direction that was not asked', () => {
    expect(script({ directions: ['out'] })).not.toContain('hook input');
    expect(script({ directions: ['in'] })).not.toContain('hook output');
  });

  it('look for ports and addresses of this host and of the other side where they stand in each direction', () => {
    const rules = matching({
      protocol: 'tcp',
      localPorts: [{ first: 80, last: 80 }],
      remotePorts: [{ first: 1000, last: 2000 }],
      addresses: [{ family: 'ip', cidr: '10.0.0.0/8' }],
    });
    expect(rules).toContain('ip saddr 10.0.0.0/8 meta l4proto tcp th dport { 80 } th sport { 1000-2000 } goto hit_in');
    expect(rules).toContain('ip daddr 10.0.0.0/8 meta l4proto tcp th sport { 80 } th dport { 1000-2000 } goto hit_out');
  });

  it('merge ranges that overlap, which a set would refuse', () => {
    const localPorts = [
      { first: 90, last: 99 },
      { first: 80, last: 92 },
      { first: 200, last: 200 },
    ];
    expect(matching({ localPorts })).toContain('th dport { 80-99, 200 }');
  });

  it('count what they limit once, whichever of several matches hit', () => {
    const rules = matching(
      {
        addresses: [
          { family: 'ip', cidr: '10.0.0.1/32' },
          { family: 'ip6', cidr: 'fd00::/8' },
        ],
      },
      { verdict: { kind: 'limit', bytesPerSecond: 1_000_000 } },
    );
    expect(rules.match(/limit rate over 1000000 bytes\/second burst 65536 bytes drop/g)).toHaveLength(2);
    expect(rules.match(/goto hit_in/g)).toHaveLength(2);
  });

  it('lose hundredths of a percent', () => {
    expect(script({ verdict: { kind: 'lose', percent: 12.34 } })).toContain('numgen random mod 10000 < 1234 drop');
    // nft refuses a comparison that is always true.
    for (const percent of [100, 99.996]) expect(script({ verdict: { kind: 'lose', percent } })).not.toContain('numgen');
  });

  it('refuse the user of a packet that arrives', () => {
    expect(() => matching({ uid: 1000 })).toThrow('not known');
    expect(matching({ uid: 1000 }, { directions: ['out'] })).toContain('meta skuid 1000 goto hit_out');
  });

  it.each([
    ['a table', { table: 'x { }; flush ruleset; add table inet y' }],
    [
      'an address',
      { matches: [{ protocol: 'any', addresses: [{ family: 'ip', cidr: '1.1.1.1 drop; flush ruleset' }] }] },
    ],
    ['a family', { matches: [{ protocol: 'any', addresses: [{ family: 'ip\nflush', cidr: '1.1.1.1' }] }] }],
    ['a protocol', { matches: [{ protocol: 'tcp; flush ruleset' }] }],
    ['a cgroup', { directions: ['out'], matches: [{ protocol: 'any', cgroup: { path: 'a" drop; flush', level: 1 } }] }],
    ['a level', { matches: [{ protocol: 'any', cgroup: { path: 'a', level: '1 "x"; flush' } }] }],
    ['a port', { matches: [{ protocol: 'any', localPorts: [{ first: '1 }; flush ruleset', last: 2 }] }] }],
    ['the end of a range', { matches: [{ protocol: 'any', localPorts: [{ first: 1, last: '2 }; flush' }] }] }],
    ['a uid', { directions: ['out'], matches: [{ protocol: 'any', uid: '0; flush ruleset' }] }],
    ['a share', { verdict: { kind: 'lose', percent: '5; flush' } }],
    ['no share', { verdict: { kind: 'lose', percent: Number.NaN } }],
    ['a rate', { verdict: { kind: 'limit', bytesPerSecond: '5; flush' } }],
    ['a port of the control path', { controlPath: { localPorts: ['22 }; flush ruleset'] } }],
    ['a byte', { matches: [{ protocol: 'udp', payload: [{ offsetBytes: 8, bytes: [{ byte: 256, mask: 256 }] }] }] }],
    [
      'a place',
      { matches: [{ protocol: 'udp', payload: [{ offsetBytes: '8,8 drop; ', bytes: [{ byte: 1, mask: 1 }] }] }] },
    ],
  ])('take nothing but numbers and plain words, whatever %s is said to be', (_what, changes) => {
    let rules = '';
    expect(() => {
      rules = script(changes as never);
    }).toThrow(/plain word|out of range/);
    expect(rules).toBe('');
  });
});
