import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePattern } from '../../../../agent/core/argument-pattern.ts';
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

function pids(selector: Selector): number[] {
  return matchProcesses(table, selector, compilePattern).map((match) => match.process.identity.pid);
}

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
      'user is www-data',
      'name is nginx',
      'parent 10: user is root, name is nginx',
      'cmdline matches worker',
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
