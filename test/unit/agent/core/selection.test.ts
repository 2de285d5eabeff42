import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePattern } from '../../../../agent/core/argument-pattern.ts';
import { type Findings, noFindings } from '../../../../agent/core/inquiry.ts';
import { matchProcesses } from '../../../../agent/core/selection.ts';
import { parsePid } from '../../../../proto/identity.ts';
import { InvalidInput } from '../../../../proto/invalid-input.ts';
import type { Selector } from '../../../../proto/selector.ts';
import { processOf, tableOf } from '../processes.ts';

const table = tableOf(
  processOf(1, { parentPid: 0, name: 'systemd', uid: 0, user: 'root' }),
  processOf(10, { name: 'nginx', uid: 0, user: 'root', cmdline: ['nginx: master process /usr/sbin/nginx'] }),
  processOf(11, { name: 'nginx', parentPid: 10, uid: 33, user: 'www-data', cmdline: ['nginx: worker process'] }),
  processOf(12, { name: 'nginx', parentPid: 10, state: 'Z', uid: 33, user: 'www-data' }),
  processOf(20, { name: 'prometheus-node', exe: '/usr/bin/prometheus-node-exporter', uid: 4_000_000 }),
  processOf(21, { name: 'prometheus-node', cmdline: ['/opt/prometheus-node-something-else'] }),
  processOf(22, { name: 'prometheus-node', cmdline: ['prometheus-node-exporter', '--web'] }),
  processOf(30, { name: 'nginx-debug' }),
);

function pids(selector: Selector, within = table, findings: Partial<Findings> = {}): number[] {
  const matches = matchProcesses(within, selector, compilePattern, { ...noFindings, ...findings });
  return matches.map((match) => match.process.identity.pid);
}

const shortId = 'a1b2c3d4e5f6';
const longId = `${shortId}${'0'.repeat(52)}`;

/** A service with workers below a supervisor, two levels deep, and a stranger. */
const services = tableOf(
  processOf(1, { parentPid: 0, name: 'systemd', exe: '/usr/lib/systemd/systemd', gid: 0, group: 'root' }),
  processOf(50, {
    name: 'supervisor',
    exe: '/usr/bin/supervisor',
    cgroup: '/app.slice/app.service',
    unit: 'app.service',
  }),
  processOf(51, {
    parentPid: 50,
    name: 'worker',
    exe: '/opt/worker',
    cgroup: '/app.slice/app.service/workers',
    residentBytes: 3e8,
  }),
  processOf(52, {
    parentPid: 51,
    name: 'child',
    exe: '/opt/child',
    cgroup: `/docker/${longId}`,
    gid: 33,
    group: 'www-data',
  }),
  processOf(53, { parentPid: 51, name: 'hidden', cgroup: '/app.sliced' }),
  processOf(60, { name: 'stranger', exe: '/opt/worker', uid: 4_000_000, gid: 4_000_000 }),
);

describe('a selector', () => {
  test('matches a name exactly, never a part of it, and never a zombie', () => {
    expect(pids({ name: 'nginx' })).toEqual([10, 11]);
  });

  test('matches a name longer than comm by executable or first argument', () => {
    expect(pids({ name: 'prometheus-node-exporter' })).toEqual([20, 22]);
  });

  test('matches a user by name or by uid', () => {
    expect(pids({ user: 'www-data' })).toEqual([11]);
    expect(pids({ user: '33' })).toEqual([11]);
    expect(pids({ user: '4000000' })).toEqual([20]);
    expect(pids({ user: 'nobody' })).toEqual([]);
  });

  test('matches only where all conditions hold, and says why for each', () => {
    const [match, ...others] = matchProcesses(
      table,
      {
        name: 'nginx',
        cmdline: 'worker',
        pid: parsePid(11),
        user: 'www-data',
        parent: { name: 'nginx', user: 'root' },
      },
      compilePattern,
    );
    expect(others).toEqual([]);
    expect(match?.matched).toEqual([
      'pid is 11',
      'name is nginx',
      'user is www-data',
      'cmdline matches worker',
      'parent 10: name is nginx, user is root',
    ]);
  });

  test('looks at the direct parent only', () => {
    expect(pids({ parent: { name: 'systemd' } })).not.toContain(11);
    expect(pids({ parent: { parent: { pid: parsePid(1) } } })).toEqual([11]);
  });

  test('searches the arguments joined by single spaces, and not those of a process without any', () => {
    expect(pids({ cmdline: 'exporter --web$' })).toEqual([22]);
    expect(pids({ cmdline: '.*' })).toEqual([10, 11, 21, 22]);
  });

  test('matches executable, group, unit, container and memory exactly', () => {
    expect(pids({ exe: '/opt/worker' }, services)).toEqual([51, 60]);
    expect(pids({ exe: '/opt' }, services)).toEqual([]);
    expect(pids({ group: 'www-data' }, services)).toEqual([52]);
    expect(pids({ group: '33' }, services)).toEqual([52]);
    expect(pids({ unit: 'app.service' }, services)).toEqual([50]);
    expect(pids({ container: shortId }, services)).toEqual([52]);
    expect(pids({ container: longId }, services)).toEqual([52]);
    expect(pids({ container: `${shortId}9` }, services)).toEqual([]);
    expect(pids({ memoryAboveBytes: 3e8 - 1 }, services)).toEqual([51]);
    expect(pids({ memoryAboveBytes: 3e8 }, services)).toEqual([]);
  });

  test('matches a control group exactly, or with all below it and none that only begin alike', () => {
    expect(pids({ cgroup: '/app.slice/app.service' }, services)).toEqual([50]);
    expect(pids({ cgroupTree: '/app.slice' }, services)).toEqual([50, 51]);
    expect(pids({ cgroupTree: '/' }, services)).toEqual([1, 50, 51, 52, 53, 60]);
  });

  test('matches what the host was asked: a pidfile, a port, processor time', () => {
    expect(
      pids({ pidfile: '/run/app.pid' }, services, { pidfiles: new Map([['/run/app.pid', parsePid(50)]]) }),
    ).toEqual([50]);
    const listeners = new Map([[80, new Set([parsePid(51), parsePid(52)])]]);
    expect(pids({ port: 80 }, services, { listeners })).toEqual([51, 52]);
    expect(pids({ port: 81 }, services, { listeners })).toEqual([]);
    expect(
      pids({ cpuAbovePercent: 50 }, services, {
        cpuPercent: new Map([
          [parsePid(51), 50],
          [parsePid(52), 50.1],
        ]),
      }),
    ).toEqual([52]);
  });

  test('matches descendants at any depth, never the ancestor itself, and says below whom', () => {
    expect(pids({ descendantsOf: { name: 'supervisor' } }, services)).toEqual([51, 52, 53]);
    expect(pids({ descendantsOf: { pid: parsePid(51) }, name: 'child' }, services)).toEqual([52]);
    const [match] = matchProcesses(services, { descendantsOf: { unit: 'app.service' } }, compilePattern);
    expect(match?.matched).toEqual(['below 50: unit is app.service']);
  });

  test('follows no circle of parents, which a table that is not one instant may hold', () => {
    const circle = tableOf(
      processOf(70, { parentPid: 71 }),
      processOf(71, { parentPid: 70 }),
      processOf(72, { parentPid: 70 }),
    );
    expect(pids({ descendantsOf: { name: 'nobody' } }, circle)).toEqual([]);
    expect(pids({ descendantsOf: { pid: parsePid(71) } }, circle)).toEqual([70, 71, 72]);
  });

  test('answers for a chain of ten thousand parents at once', () => {
    const chain = tableOf(...Array.from({ length: 10_000 }, (_, index) => processOf(index + 1, { parentPid: index })));
    const startedAtMs = performance.now();
    expect(pids({ descendantsOf: { pid: parsePid(1) } }, chain)).toHaveLength(9999);
    expect(performance.now() - startedAtMs).toBeLessThan(2000);
  });

  test('combines with and, or and not', () => {
    expect(pids({ anyOf: [{ name: 'worker' }, { name: 'stranger' }] }, services)).toEqual([51, 60]);
    expect(pids({ allOf: [{ exe: '/opt/worker' }, { name: 'worker' }] }, services)).toEqual([51]);
    expect(pids({ exe: '/opt/worker', not: { name: 'worker' } }, services)).toEqual([60]);
    expect(
      pids(
        { descendantsOf: { name: 'supervisor' }, exclude: { anyOf: [{ name: 'child' }, { name: 'hidden' }] } },
        services,
      ),
    ).toEqual([51]);
    expect(pids({ cgroupTree: '/app.slice', not: { exclude: { name: 'worker' }, cgroupTree: '/' } }, services)).toEqual(
      [51],
    );
  });

  test('says why each alternative and each exclusion held', () => {
    const selector: Selector = { anyOf: [{ name: 'worker' }, { exe: '/opt/worker' }], not: { user: '0', name: 'x' } };
    expect(matchProcesses(services, selector, compilePattern).map(({ matched }) => matched)).toEqual([
      ['name is worker', 'not: user 0, name x'],
      ['exe is /opt/worker', 'not: user 0, name x'],
    ]);
  });

  test('spares a process that might be excluded, where the agent cannot see whether it is', () => {
    // 53 hides its executable, and 60 is of a user and a group without a name.
    expect(pids({ cgroupTree: '/', exclude: { exe: '/usr/bin/other' } }, services)).not.toContain(53);
    expect(pids({ cgroupTree: '/', exclude: { user: 'alice' } }, services)).toEqual([]);
    expect(pids({ exe: '/opt/worker', exclude: { group: 'www-data' } }, services)).toEqual([]);
    expect(pids({ exe: '/opt/worker', exclude: { group: '33' } }, services)).toEqual([51, 60]);
    expect(pids({ name: 'hidden', exclude: { not: { exe: '/x' } } }, services)).toEqual([]);
  });

  test('without a condition matches nothing', () => {
    expect(pids({})).toEqual([]);
  });

  test('with a long name cut inside a character matches what the kernel cut', () => {
    const name = 'überwachung-für-alle';
    const comm = new TextDecoder().decode(new TextEncoder().encode(name).subarray(0, 15));
    const process = processOf(40, { name: comm, cmdline: [`/opt/${name}`] });
    expect(matchProcesses(tableOf(process), { name }, compilePattern)).toHaveLength(1);
  });

  test('refuses a pattern that is not RE2, naming where it stands', () => {
    expect(() => pids({ cmdline: '(' })).toThrow(InvalidInput);
    expect(() => pids({ cmdline: '(?=ahead)' })).toThrow(/selector.cmdline/);
    expect(() => pids({ parent: { cmdline: '(a)\\1' } })).toThrow(/selector.parent.cmdline/);
  });

  test('refuses a pattern that would be slow, and answers an exponential one at once', () => {
    expect(() => pids({ cmdline: '(\\w?){1000}[xy]' })).toThrow(/simpler/);
    const long = tableOf(processOf(50, { cmdline: ['a'.repeat(4096)] }));
    const startedAtMs = performance.now();
    expect(matchProcesses(long, { cmdline: '(a+)+$b' }, compilePattern)).toEqual([]);
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
  });

  test('with any name matches only processes whose comm is the beginning of that name', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 24 }), fc.string({ maxLength: 15 }), (name, comm) => {
        const matches = matchProcesses(tableOf(processOf(60, { name: comm })), { name }, compilePattern);
        return matches.length === 0 || comm === name;
      }),
    );
  });
});
