import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCgroup } from '../../../../agent/host/cgroup-path.ts';
import { parseProcStat } from '../../../../agent/host/proc-stat.ts';

const rest = 'S 7 9 11 0 -1 4194560 1 2 3 4 50 60 0 0 20 0 21 0 123456 1000 77 18446744073709551615 1 1 0';

describe('a stat line', () => {
  test('is read by the numbers of the manual page', () => {
    expect(parseProcStat(`42 (name) ${rest}\n`)).toEqual({
      pid: 42,
      name: 'name',
      state: 'S',
      parentPid: 7,
      sessionId: 11,
      isKernelThread: false,
      cpuTimeTicks: 110,
      threads: 21,
      startTimeTicks: 123456,
      residentPages: 77,
    });
  });

  test('is read right whatever the process calls itself', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 15 }), fc.constantFrom('', ')', ') R 1 (', '\n', ' ) Z 2'), (start, end) => {
        const name = `${start}${end}`;
        expect(parseProcStat(`42 (${name}) ${rest}`)).toMatchObject({ name, state: 'S', startTimeTicks: 123456 });
      }),
    );
  });

  test('that is cut short is none', () => {
    expect(parseProcStat('')).toBeUndefined();
    expect(parseProcStat('42 (na')).toBeUndefined();
    expect(parseProcStat('42 (name) S 1 2')).toBeUndefined();
  });
});

describe('the control group', () => {
  test.each([
    ['0::/system.slice/nginx.service', '/system.slice/nginx.service', 'nginx.service'],
    ['0::/system.slice/leash-agent.service/stress', '/system.slice/leash-agent.service/stress', 'leash-agent.service'],
    ['0::/user.slice/user-1.slice/user@1.service/app.slice/x.service', undefined, 'user@1.service'],
    ['0::/user.slice/user-1.slice/session-3.scope', undefined, 'session-3.scope'],
    ['0::/system.slice/system-getty.slice/getty@tty1.service', undefined, 'getty@tty1.service'],
    ['0::/init.scope', '/init.scope', 'init.scope'],
    ['0::/docker/0123', '/docker/0123', undefined],
    ['4:memory:/a\n1:name=systemd:/system.slice/a.service\n0::/', '/system.slice/a.service', 'a.service'],
    ['1:name=systemd:/system.slice/a.service\n0::/system.slice/b.service', undefined, 'b.service'],
    ['2:cpu:/\n0::/', '/', undefined],
    ['', '', undefined],
  ])('%j gives the unit that systemd would', (text, cgroup, unit) => {
    const place = parseCgroup(`${text}\n`);
    expect(place.unit).toBe(unit);
    if (cgroup !== undefined) expect(place.cgroup).toBe(cgroup);
  });
});
