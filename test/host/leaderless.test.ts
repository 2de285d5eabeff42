/** A process whose main thread has exited, while its workers live on: it is found, stopped and let go like any other. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProtection } from '../../agent/core/protection.ts';
import { continueProcess } from '../../agent/host/continue-process.ts';
import { listHolders } from '../../agent/host/holder-children.ts';
import { createProcessFinder } from '../../agent/host/process-finder.ts';
import { createProcessReader } from '../../agent/host/process-table.ts';
import type { Pid } from '../../proto/identity.ts';
import type { Selector } from '../../proto/selector.ts';
import { type AgentRig, startAgentRig, unprivileged } from '../rig/agent.ts';
import { inject, planFor } from '../rig/inject.ts';
import { distFolder } from '../rig/project.ts';
import { unlessUnprivileged } from '../rig/requirement.ts';
import { isUnderUnit } from '../rig/under-unit.ts';
import { until } from '../rig/until.ts';
import { host, type StampingVictim, startStampingVictim, startVictim } from './harness/victim.ts';

let victim: StampingVictim;
beforeEach(async () => {
  victim = await startStampingVictim({ start: (_name, ...args) => startVictim('leaderless.mjs', ...args) });
  victim.signal('SIGUSR2');
  const status = `/proc/${victim.identity.pid}/status`;
  await until('its main thread has exited', () => /^State:\s*Z/m.test(readFileSync(status, 'latin1')));
});
afterEach(() => victim.stop());

async function workersRun(): Promise<void> {
  const before = victim.stamps();
  await until('each worker stamps', () =>
    victim.stamps().every((stamp, slot) => slot === 0 || stamp > (before[slot] ?? 0n)),
  );
}

function isHeld(): boolean {
  const states = victim.states();
  return states.length > 1 && states.every((state) => state === 'T' || state === 't');
}

test('is matched by name, program, arguments and place, and is no zombie', async () => {
  const reader = createProcessReader();
  const facts = reader.readProcess(victim.identity.pid);
  expect(facts).toMatchObject({ identity: victim.identity, exe: process.execPath });
  expect(facts?.state).not.toBe('Z');
  expect(facts?.cmdline.join(' ')).toContain('leaderless.mjs');
  expect(facts?.residentBytes).toBeGreaterThan(2 ** 20);
  const table = await reader.readTable();
  const protection = createProtection(table, {
    agentPid: 1,
    operatorPids: [],
    protect: { names: [], users: [], units: [] },
  });
  const own = { parent: { pid: process.pid as Pid } };
  const selectors: readonly Selector[] = [
    { exe: process.execPath, ...own },
    { cmdline: 'leaderless\\.mjs', ...own },
    { name: 'node', cgroup: facts?.cgroup ?? '', ...own },
    { memoryAboveBytes: 2 ** 20, ...own },
  ];
  for (const selector of selectors) {
    const { matches } = await createProcessFinder({ reader })(table, selector, protection);
    expect(matches.map(({ process: { identity } }) => identity.pid)).toContain(victim.identity.pid);
  }
});

test('is seen stopped by a signal, and continued by the undo of the journal', async () => {
  expect(host.isStopped(victim.identity)).toBe(false);
  expect(continueProcess(victim.identity)).toBe('not-stopped');
  victim.signal('SIGSTOP');
  await until('it is stopped', isHeld);
  expect(host.isStopped(victim.identity)).toBe(true);
  expect(continueProcess(victim.identity)).toBe('continued');
  await workersRun();
  expect(host.isStopped(victim.identity)).toBe(false);
});

/** Another user, without CAP_SYS_PTRACE: a pause is bound by the journal. */
const as = { uid: 65_534, capabilities: '+kill' };

unlessUnprivileged()('is let go by `leash-agent restore` when agent and holder were SIGKILLed', async () => {
  const rig = await startAgentRig({ as, policy: 'journalWithoutSupervisor: true\n' });
  const holder = await pauseIt(rig);
  rig.process().kill('SIGSTOP');
  process.kill(holder, 'SIGKILL');
  rig.process().kill('SIGKILL');
  await until('the agent is gone', () => rig.process().signalCode === 'SIGKILL');
  // There `ExecStopPost=` is that very command, and has begun.
  if (isUnderUnit) await workersRun();
  else await restoreAndRun(rig);
  await rig.dispose();
});

async function restoreAndRun(rig: AgentRig): Promise<void> {
  expect(isHeld()).toBe(true);
  const [command = '', ...args] = [...unprivileged(as), process.execPath, join(distFolder, 'leash-agent.js')];
  const { status, stdout } = spawnSync(command, [...args, 'restore', ...rig.directories], { encoding: 'utf8' });
  expect(stdout).toContain(
    `process.pause pid ${victim.identity.pid}: restored, it was stopped, and SIGCONT was delivered`,
  );
  expect(status).toBe(0);
  await workersRun();
}

unlessUnprivileged()(
  'is let go by the agent when the holder alone was SIGKILLed, and by a slow-down between its turns',
  async () => {
    const rig = await startAgentRig({ as, policy: 'journalWithoutSupervisor: true\ninjectsPerMinute: 10\n' });
    process.kill(await pauseIt(rig), 'SIGKILL');
    await workersRun();
    // Its target runs before the agent has seen that, and closed the fault.
    await until('nothing is held', async () => ((await rig.client.call('describe', {})).active ?? []).length === 0);
    const wanted = { kind: 'process.slow', parameters: { share: '50%' }, selector: { pid: victim.identity.pid } };
    const fault = await inject(rig.client, wanted);
    await until('it is held in its turn', isHeld);
    const reply = await rig.client.call('restore', { faultId: fault.faultId ?? '' });
    expect(reply.receipts?.[0]?.confirmed).toBe(true);
    await workersRun();
    await rig.dispose();
  },
);

async function pauseIt(rig: AgentRig): Promise<Pid> {
  const wanted = { kind: 'process.pause', selector: { pid: victim.identity.pid } };
  expect((await planFor(rig.client, wanted)).refusals).toEqual([]);
  const fault = await inject(rig.client, wanted);
  expect(fault.binding).toBe(2);
  expect(isHeld()).toBe(true);
  const [holder] = listHolders(rig.pid() as Pid);
  if (!holder) throw new Error('there is no holder');
  return holder.pid;
}
