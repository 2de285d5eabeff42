import { describe, expect, test } from 'vitest';
import type { ProcessFacts } from '../../../../agent/core/process.ts';
import { createProtection, type ProtectionFacts, protectedBy } from '../../../../agent/core/protection.ts';
import { processOf, tableOf } from '../processes.ts';

const init = processOf(1, { parentPid: 0, name: 'systemd', uid: 0 });
const sshd = processOf(50, { name: 'sshd', exe: '/usr/sbin/sshd', uid: 0, unit: 'ssh.service' });
const sshdSession = processOf(60, { parentPid: 50, name: 'sshd', exe: '/usr/sbin/sshd', uid: 0 });
const shell = processOf(61, { parentPid: 60, name: 'bash', sessionId: 61 });
const tmux = processOf(62, { parentPid: 61, name: 'tmux', sessionId: 61 });
const operator = processOf(63, { parentPid: 62, name: 'node', sessionId: 61 });
const job = processOf(64, { parentPid: 61, name: 'sleep', sessionId: 61 });
const supervisor = processOf(70, { name: 'my-supervisor' });
const agent = processOf(71, { parentPid: 70, name: 'leash-agent' });
const holder = processOf(72, { parentPid: 71, name: 'leash-holder' });
const stressor = processOf(73, { parentPid: 72, name: 'stressor' });
const worker = processOf(80, {
  parentPid: 1,
  name: 'user-worker',
  uid: 33,
  user: 'www-data',
  unit: 'user-worker.service',
});

const table = tableOf(init, sshd, sshdSession, shell, tmux, operator, job, supervisor, agent, holder, stressor, worker);
const nothingElse = { names: [], users: [], units: [] };
const facts: ProtectionFacts = { agentPid: 71, operatorPids: [63], protect: nothingElse };

function reasons(process: ProcessFacts, changed: Partial<ProtectionFacts> = {}): readonly string[] {
  return protectedBy(process, tableOf(...table.processes.values(), process), { ...facts, ...changed });
}

describe('protected is', () => {
  test.each([
    ['pid 1', init, 'it is pid 1'],
    ['the agent', agent, 'it is the agent'],
    ['an ancestor of the agent', supervisor, 'it is an ancestor of the agent'],
    ['a holder', holder, 'it is a holder of the agent, or below one'],
    ['a child of a holder', stressor, 'it is a holder of the agent, or below one'],
    ['the operator', operator, 'it is in the login chain of an operator'],
    ['what the operator runs in', tmux, 'it is in the login chain of an operator'],
    ['his shell', shell, 'it is in the login chain of an operator'],
    ['the sshd above it', sshdSession, 'it is in the login chain of an operator'],
  ])('%s', (_name, process, reason) => {
    expect(reasons(process)).toContain(reason);
  });

  test('a kernel thread', () => {
    expect(reasons(processOf(90, { isKernelThread: true }))).toContain('it is a kernel thread');
  });

  test('the shell of another login, though its operator has not called', () => {
    expect(reasons(shell, { operatorPids: [] })).toEqual(['it is the leader of a remote login']);
  });

  test.each([
    ['sshd', { exe: '/usr/sbin/sshd' }],
    ['journald', { exe: '/usr/lib/systemd/systemd-journald' }],
    ['udevd', { unit: 'systemd-udevd.service' }],
    ['the message bus', { exe: '/usr/bin/dbus-daemon' }],
    ['the container runtime', { exe: '/usr/bin/containerd-shim-runc-v2' }],
    ['dockerd whose executable may not be read', { cmdline: ['/usr/bin/dockerd', '-H', 'fd://'] }],
    ['the agent’s own unit', { unit: 'leash-agent.service' }],
  ])('%s, under whatever name it goes', (_name, known) => {
    expect(reasons(processOf(91, { name: 'innocent', ...known }))).toHaveLength(1);
  });

  test('a process that only calls itself sshd', () => {
    expect(reasons(processOf(92, { name: 'sshd', exe: '/home/eve/miner' }))).toEqual(['it serves remote logins']);
    expect(reasons(processOf(92, { cmdline: ['sshd: eve [priv]'] }))).toEqual(['it serves remote logins']);
  });

  test('what the policy names, by name, user, uid or unit', () => {
    const protect = { names: ['user-worker'], users: ['33', 'www-data'], units: ['user-worker.service'] };
    expect(reasons(worker, { protect })).toEqual([
      'the policy protects the name user-worker',
      'the policy protects the user 33',
      'the policy protects the unit user-worker.service',
    ]);
    expect(
      reasons(
        { ...worker, name: 'renamed', exe: '/srv/user-worker' },
        { protect: { ...nothingElse, names: ['user-worker'] } },
      ),
    ).toEqual(['the policy protects the name user-worker']);
  });
});

test('an ordinary service, and a job in the operator’s session, may be touched', () => {
  expect(reasons(worker)).toEqual([]);
  expect(reasons(job)).toEqual([]);
});

test('parents that form a circle are not followed for ever', () => {
  const circle = tableOf(processOf(100, { parentPid: 101 }), processOf(101, { parentPid: 100 }));
  const protection = createProtection(circle, { ...facts, agentPid: 100, operatorPids: [101] });
  expect([...circle.processes.values()].map(protection).every((found) => found.length > 0)).toBe(true);
});
