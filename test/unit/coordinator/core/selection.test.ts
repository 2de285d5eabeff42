import { describe, expect, it } from 'vitest';
import { exceededBounds } from '../../../../coordinator/core/blast-radius.ts';
import type { HostSelector } from '../../../../coordinator/core/experiment.ts';
import { selectHosts } from '../../../../coordinator/core/host-selection.ts';
import { changedTargets, type FleetTarget } from '../../../../coordinator/core/plan.ts';
import { parsePid } from '../../../../proto/identity.ts';

const fleet = ['a', 'b', 'c', 'd', 'e'].map((name, index) => ({
  name,
  labels: { app: index < 4 ? 'web' : 'db' },
  isConnected: true,
}));
const web = (choice: HostSelector['choice'], names: string[] = []): HostSelector => ({
  labels: { app: 'web' },
  names,
  choice,
});

describe('the choice of hosts', () => {
  it('takes all that match, and only those', () => {
    expect(selectHosts(fleet, web({ mode: 'all' }), '')).toMatchObject({ hosts: ['a', 'b', 'c', 'd'] });
    expect(selectHosts(fleet, web({ mode: 'all' }, ['b']), '')).toMatchObject({ hosts: ['b'] });
  });

  it('draws the same hosts for the same seed, whatever the order of the inventory', () => {
    const two = web({ mode: 'fixed', count: 2 });
    const drawn = selectHosts(fleet, two, 'seed');
    expect(selectHosts([...fleet].reverse(), two, 'seed')).toEqual(drawn);
    const draws = new Set(
      Array.from({ length: 50 }, (_, seed) => {
        const selection = selectHosts(fleet, web({ mode: 'one' }), String(seed));
        return selection.kind === 'chosen' ? selection.hosts.join() : '';
      }),
    );
    expect([...draws].sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('refuses a percentage that gives no host, with the figures', () => {
    expect(selectHosts(fleet, web({ mode: 'percent', percent: 50 }), '')).toMatchObject({ matched: 4 });
    expect(selectHosts(fleet, web({ mode: 'percent', percent: 20 }), '')).toEqual({
      kind: 'none',
      message: '20% of 4 matching hosts is less than one host; it is never rounded up',
    });
  });

  it('chooses among hosts that answer, but never leaves one out of all', () => {
    const silent = fleet.map((host) => ({ ...host, isConnected: host.name === 'a' }));
    expect(selectHosts(silent, web({ mode: 'one' }), 'x')).toMatchObject({ hosts: ['a'], leftOut: ['b', 'c', 'd'] });
    expect(selectHosts(silent, web({ mode: 'all' }), 'x')).toMatchObject({ hosts: ['a', 'b', 'c', 'd'] });
    expect(selectHosts(silent, web({ mode: 'fixed', count: 2 }), 'x')).toMatchObject({
      message: '2 hosts are needed, and 1 of 4 matching hosts answer; not connected: b, c, d',
    });
  });

  it('refuses names that the inventory does not have, and selectors that match nothing', () => {
    expect(selectHosts(fleet, web({ mode: 'all' }, ['z']), '')).toMatchObject({ kind: 'none' });
    const nothing = { labels: { app: 'cache' }, names: [], choice: { mode: 'all' } } as const;
    expect(selectHosts(fleet, nothing, '')).toEqual({
      kind: 'none',
      message: 'no host of 5 in the inventory matches app=cache',
    });
  });
});

describe('the blast radius', () => {
  const reach = [
    { host: 'host-a', labels: { zone: 'x', tier: 'P2' }, processes: 4 },
    { host: 'host-b', labels: { zone: 'y' }, processes: 1 },
  ];

  it.each([
    [{ hosts: 1 }, ['2 hosts, at most 1 allowed by blastRadius.hosts']],
    [{ hostsPercent: 10 }, ['2 hosts, at most 1 allowed by blastRadius.hostsPercent (10% of 10 hosts)']],
    [
      { hostsPercent: 5 },
      ['2 hosts, at most 0 allowed by blastRadius.hostsPercent (5% of 10 hosts, which is never rounded up)'],
    ],
    [{ zones: 1 }, ['2 zones (x, y), at most 1 allowed by blastRadius.zones']],
    [{ processesPerHost: 2 }, ['4 processes on host-a, at most 2 allowed by blastRadius.processesPerHost']],
    [{ tiers: ['P2'] as const }, ['host-b has no tier, only P2 allowed by blastRadius.tiers']],
    [{ hosts: 2, hostsPercent: 20, zones: 2, processesPerHost: 4 }, []],
  ])('of %j refuses with the number and the bound', (radius, refusals) => {
    expect(exceededBounds(radius, reach, 10)).toEqual(refusals);
  });

  it('counts a host without a zone as a zone of its own', () => {
    const unknown = reach.map((each) => ({ ...each, labels: {} }));
    expect(exceededBounds({ zones: 1 }, unknown, 10)).toHaveLength(1);
  });
});

describe('targets that changed', () => {
  const target = (host: string, pid: number, start = 1, bootId = 'boot'): FleetTarget => ({
    host,
    name: 'worker',
    identity: { bootId, pid: parsePid(pid), startTimeTicks: start },
  });

  it('are named by host and pid, with what is in their place', () => {
    expect(changedTargets([target('a', 1), target('b', 2)], [target('b', 2), target('a', 9)])).toEqual([
      'a: pid 1 (worker) is gone or no longer chosen; pid 9 (worker) is in its place',
    ]);
    expect(changedTargets([target('a', 1)], [])).toEqual(['a: pid 1 (worker) is gone, and nothing took its place']);
    expect(changedTargets([], [target('a', 1)])).toEqual(['a: pid 1 (worker) was not in the plan']);
    expect(changedTargets([target('a', 1)], [target('a', 1)])).toEqual([]);
  });

  it('are told from a pid that was used again, and from a host that was booted', () => {
    expect(changedTargets([target('a', 1, 1)], [target('a', 1, 2)])[0]).toContain('the pid was used again');
    expect(changedTargets([target('a', 1)], [target('a', 1, 1, 'other')])[0]).toContain('a was booted since');
  });
});
