/**
 * Every fault × every claim, on the real kernel, by a witness that is not Leash: it has its effect, it ends at its
 * deadline, and what its binding promises. As root, and as an unprivileged user with exactly the capabilities of the
 * default unit, for whom it works or is refused by name; then the one capability of its drop-in is added.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { faultKinds } from '../../agent/faults/index.ts';
import { listHolders } from '../../agent/host/holder-children.ts';
import { openPidfd, signalPidfd } from '../../agent/host/native/pidfd.ts';
import { readUnlessGone } from '../../agent/host/read-stat.ts';
import type { leash } from '../../proto/codec.ts';
import { bindingWords, outcomeWords } from '../../proto/fault.ts';
import { parsePid } from '../../proto/identity.ts';
import { type AgentRig, startAgentRig, unprivileged } from '../rig/agent.ts';
import { inject, planFor, type Wanted } from '../rig/inject.ts';
import { enterTestNetwork, type TestNetwork } from '../rig/network.ts';
import { distFolder } from '../rig/project.ts';
import { findProgram, unless } from '../rig/requirement.ts';
import { isUnderUnit } from '../rig/under-unit.ts';
import { until } from '../rig/until.ts';
import { workerName } from '../rig/workers.ts';
import { agentUsers, bootMs, livingHolders, startAgent, type TestAgent } from './harness/agent.ts';
import { victimProgram } from './harness/build.ts';
import {
  networkRows,
  portDns,
  portOpen,
  processRows,
  programRow,
  stressRows,
  tasksRow,
} from './harness/fault-stages.ts';
import { bootedKinds, changedFolder, journalRows } from './harness/journal-stages.ts';
import { descendantsOf, startProgram } from './harness/service.ts';
import { lateMaxMs, lateMs, type MatrixRow, putInForce, type StagedFault } from './harness/staged-fault.ts';
import { hasPidsController } from './harness/stress-place.ts';

const isRoot = process.getuid?.() === 0;
const hasTools = findProgram('nft') !== undefined && findProgram('ip') !== undefined;
const signalKill = 9;
const signalStop = 19;
const deadlineInMs = 500;

/** As setpriv(1) takes them: those of the default unit, and that of a drop-in. */
function capabilitiesOf(dropIn: string | undefined): string {
  const names = ['CAP_KILL', 'CAP_SYS_PTRACE', ...(dropIn ? [dropIn] : [])];
  return names.map((name) => `+${name.replace('CAP_', '').toLowerCase()}`).join(',');
}

const rows: readonly (readonly [MatrixRow, typeof test | typeof test.skip])[] = [
  ...processRows.map((row) => [row, test] as const),
  ...stressRows.map((row) => [row, unless(isRoot, 'root, to mount a small file system')] as const),
  [tasksRow, unless(isRoot && hasPidsController(), 'root and the pids controller')],
  ...networkRows.map((row) => [row, unless(isRoot && hasTools, 'root, nft and ip')] as const),
  [programRow, unless(isRoot, 'root')],
];

test('each fault has a row for each of its bindings, and no other', () => {
  const claimed = [
    ...rows.map(([{ kind }]) => `${kind} kernel`),
    ...journalRows.map(({ kind }) => `${kind} journal`),
    'process.kill one-shot',
    ...bootedKinds,
  ];
  const declared = faultKinds.flatMap(({ kind, bindings }) => bindings.map((binding) => `${kind} ${binding}`));
  expect([...new Set(claimed)].sort()).toEqual([...declared].sort());
});

describe('bound by the kernel', () => {
  let network: TestNetwork | undefined;
  let peer: ChildProcess | undefined;
  let agent: TestAgent;

  beforeAll(async () => {
    if (!isRoot || !hasTools) return;
    network = enterTestNetwork();
    const [command = '', ...args] = [...network.elsewhere, process.execPath, victimProgram('network-peer.mjs')];
    peer = spawn(command, [...args, String(portOpen), String(portDns)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    peer.stdout?.on('data', (chunk) => {
      printed += chunk;
    });
    await until('the peer is ready', () => printed.includes('ready'));
  });
  afterAll(() => {
    peer?.kill('SIGKILL');
    network?.leave();
  });
  afterEach(async () => {
    await agent?.stop();
    await until('no holder is left', () => livingHolders().length === 0);
  });

  const over = async (staged: StagedFault, holder: Awaited<ReturnType<typeof putInForce>>): Promise<void> =>
    void (await until('its witness sees that it is over', () => staged.isOver(holder), 10_000));

  describe.each(agentUsers())('as seen by an agent %s:', (user) => {
    for (const [row, when] of rows) {
      // With the one capability of its drop-in, where the unit lacks it.
      const dropIn = user === 'unprivileged' ? row.isBeyondUnit : undefined;
      const begin = () => startAgent(user, capabilitiesOf(dropIn));

      describe(`${row.kind}${dropIn ? ` with ${dropIn}` : ''}`, () => {
        when('has its effect, and ends at its deadline', async () => {
          agent = await begin();
          const staged = await row.stage(user);
          const holder = await putInForce(agent, staged);
          const endsAtMs = bootMs() + deadlineInMs;
          holder.renew(endsAtMs);
          expect(await lateMs(holder, deadlineInMs)).toBeLessThan(lateMaxMs());
          expect(bootMs()).toBeGreaterThan(endsAtMs);
          await over(staged, holder);
        });

        when('is gone when the agent and its holder are SIGKILLed together', async () => {
          agent = await begin();
          const staged = await row.stage(user);
          const holder = await putInForce(agent, staged);
          holder.signal(signalKill);
          agent.signal(signalKill);
          expect(await lateMs(holder, 0)).toBeLessThan(lateMaxMs());
          await over(staged, holder);
        });

        when('is ended by the timer of the kernel while its holder is SIGSTOPped', async () => {
          agent = await begin();
          const staged = await row.stage(user);
          const holder = await putInForce(agent, staged);
          holder.renew(bootMs() + deadlineInMs);
          await holder.report('renewed');
          holder.signal(signalStop);
          expect(await lateMs(holder, deadlineInMs)).toBeLessThan(lateMaxMs());
          expect(await holder.ended()).toBe('signal SIGKILL');
          await over(staged, holder);
        });
      });
    }
  });
});

describe('beyond the default unit, whose user is refused by name:', () => {
  let rig: AgentRig;
  beforeAll(async () => {
    if (isRoot) rig = await startAgentRig({ as: { uid: 65_534, capabilities: '+kill,+sys_ptrace' } });
  });
  afterAll(() => rig?.dispose());

  for (const [{ kind, isBeyondUnit = '', parameters = {} }] of rows.filter(([row]) => row.isBeyondUnit)) {
    unless(isRoot, 'root')(`${kind}, for want of ${isBeyondUnit}`, async () => {
      const { refusals, binding } = await planFor(rig.client, { kind, parameters });
      const message = expect.stringContaining(`${kind} is not available here: ${isBeyondUnit} is missing`);
      expect(refusals).toContainEqual(expect.objectContaining({ reason: 'fault-unavailable', message }));
      expect(binding).toBeDefined();
    });
  }
});

/** Under its unit no agent is root's. */
function isToBeHad([, as]: readonly [string, object | undefined]): boolean {
  return as !== undefined || !isUnderUnit;
}

/** A machine that is busy with other tests may not start the processes of a fault in time, which then is no fault. */
function injectAtLast(rig: AgentRig, wanted: Wanted): Promise<leash.v1.IFault> {
  const isTooBusy = ({ message }: Error): boolean => /the inject failed|restore that first/.test(message);
  return until(
    'the inject is in time',
    () =>
      inject(rig.client, wanted).catch((error: Error) => {
        if (isTooBusy(error)) return undefined;
        throw error;
      }),
    40_000,
  );
}

describe('bound by the journal', () => {
  for (const row of journalRows) {
    describe.each(Object.entries(row.by).filter(isToBeHad))(`${row.kind}, by an agent %s:`, (_who, as) => {
      const rootOnly = unless(isRoot && row.missing === undefined, row.missing ?? 'root');
      let rig: AgentRig;
      beforeAll(async () => {
        if (!isRoot) return;
        const common = 'injectsPerMinute: 600\njournalWithoutSupervisor: true\n';
        const policy = (folder: string): string => `${common}${row.policy(changedFolder(folder))}`;
        rig = await startAgentRig({ ...(as ? { as } : {}), policy });
      });
      afterAll(() => rig?.dispose());

      const nothingActive = () =>
        until(
          'the agent has seen that it is over',
          async () => ((await rig.client.call('describe', {})).active ?? []).length === 0,
          20_000,
        );

      rootOnly('has its effect, and ends at its deadline', async () => {
        const staged = await row.stage(rig);
        const fault = await injectAtLast(rig, { ...staged.wanted, leaseTtlMs: 4000 });
        const injectedAtMs = bootMs();
        expect(bindingWords.fromWire(fault.binding, 'binding')).toBe('journal');
        await until('its effect is seen', () => staged.isInForce());
        const leftMs = fault.leaseRemainingMs ?? 0;
        await until('its witness sees that it is over', () => staged.isOver(), 20_000);
        expect(bootMs() - injectedAtMs).toBeGreaterThan(leftMs - 200);
        await nothingActive();
      });

      rootOnly('is undone when the agent alone is SIGKILLed', async () => {
        const staged = await row.stage(rig);
        await injectAtLast(rig, staged.wanted);
        await until('its effect is seen', () => staged.isInForce());
        rig.process().kill('SIGKILL');
        await until('its witness sees that it is over', () => staged.isOver(), 20_000);
        await until('the agent is gone', () => rig.process().signalCode === 'SIGKILL');
        await rig.start();
        await nothingActive();
      });

      rootOnly('is undone by `leash-agent restore` when the agent and its holder are SIGKILLed together', async () => {
        const staged = await row.stage(rig);
        await injectAtLast(rig, staged.wanted);
        await until('its effect is seen', () => staged.isInForce());
        const [holder] = listHolders(parsePid(rig.pid()));
        if (!holder) throw new Error('there is no holder');
        const pidfd = openPidfd(holder.pid);
        rig.process().kill('SIGKILL');
        signalPidfd(pidfd, signalKill);
        await until('the agent is gone', () => rig.process().signalCode === 'SIGKILL');
        if (isUnderUnit) {
          // Its ExecStopPost= is that very command.
          await until('its witness sees that it is over', () => staged.isOver(), 20_000);
        } else {
          const restore = [process.execPath, join(distFolder, 'leash-agent.js'), 'restore', ...rig.directories];
          const [program = '', ...args] = [...(as ? unprivileged(as) : []), ...restore];
          execFileSync(program, args, { stdio: 'ignore' });
          expect(await staged.isOver()).toBe(true);
        }
        await rig.start();
        await nothingActive();
      });

      rootOnly('is undone when the holder alone is SIGKILLed', async () => {
        const staged = await row.stage(rig);
        await injectAtLast(rig, staged.wanted);
        await until('its effect is seen', () => staged.isInForce());
        const [holder] = listHolders(parsePid(rig.pid()));
        if (!holder) throw new Error('there is no holder');
        signalPidfd(openPidfd(holder.pid), signalKill);
        await until('its witness sees that it is over', () => staged.isOver(), 20_000);
        await nothingActive();
      });
    });
  }
});

describe('one-shot', () => {
  const units = { root: undefined, 'the user of the default unit': { uid: 65_534, capabilities: '+kill,+sys_ptrace' } };
  describe.each(Object.entries(units).filter(isToBeHad))('process.kill, by an agent of %s', (_who, as) => {
    const rootOnly = unless(isRoot, 'root');
    let rig: AgentRig;
    beforeAll(async () => {
      if (!isRoot) return;
      const policy = 'injectsPerMinute: 600\nprocessesMax: 1\nsurvivorsMin: 1\n';
      rig = await startAgentRig({ ...(as ? { as } : {}), policy });
    });
    afterAll(() => rig?.dispose());

    /** Two, each of which comes again. */
    async function startSupervised(): Promise<{ readonly name: string; pids(): readonly number[] }> {
      const name = workerName('k');
      const args = [process.execPath, name];
      const supervisors = await Promise.all([1, 2].map(() => startProgram(victimProgram('supervisor.sh'), args)));
      for (const supervisor of supervisors) onTestFinished(() => supervisor.stop());
      const isWorker = (pid: number): boolean => readUnlessGone(`/proc/${pid}/comm`)?.trim() === name;
      const pids = () => supervisors.flatMap(({ pid }) => descendantsOf(pid)).filter(isWorker);
      await until('both run', () => pids().length === 2);
      return { name, pids };
    }

    rootOnly('takes consent, keeps to the cap and to the survivors, and else touches nobody', async () => {
      const { name, pids } = await startSupervised();
      const before = pids();
      const kill = (wanted: Partial<Wanted>) =>
        inject(rig.client, { kind: 'process.kill', selector: { name }, consentIrreversible: true, ...wanted });
      await expect(kill({ choice: { mode: 1 }, consentIrreversible: false })).rejects.toThrow('needs consent');
      await expect(kill({ choice: { mode: 2 } })).rejects.toThrow('at most 1 allowed by processesMax');
      await expect(kill({ selector: { pid: before[0] ?? 0 } })).rejects.toThrow('survivorsMin');
      expect(pids()).toEqual(before);
    });

    rootOnly('ends one target, and sees who came in its place', async () => {
      const { name, pids } = await startSupervised();
      const before = pids();
      const fault = await inject(rig.client, {
        kind: 'process.kill',
        parameters: { respawnWithin: '30s' },
        selector: { name },
        choice: { mode: 1 },
        consentIrreversible: true,
      });
      const receipt = await until('it is over', async () => {
        const { receipts } = await rig.client.call('restore', { faultId: fault.faultId ?? '' });
        return pids().length === 2 && receipts?.[0];
      });
      const [target] = receipt.targets ?? [];
      expect([receipt.confirmed, outcomeWords.fromWire(target?.outcome, 'outcome')]).toEqual([true, 'done']);
      const [came] = pids().filter((pid) => !before.includes(pid));
      expect(target?.successor?.pid).toBe(came);
      expect(before.filter((pid) => pids().includes(pid))).toEqual(
        before.filter((pid) => pid !== target?.identity?.pid),
      );
    });
  });
});
