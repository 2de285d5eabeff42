/** One target is restored while its holder stands still: whoever asks for it does not wait for the lease. */
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { listHolders } from '../../agent/host/holder-children.ts';
import type { Pid } from '../../proto/identity.ts';
import { type AgentRig, type AgentRigOptions, startAgentRig } from '../rig/agent.ts';
import { inject } from '../rig/inject.ts';
import { unless } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const isRoot = process.getuid?.() === 0;
const policy = 'journalWithoutSupervisor: true\ninjectsPerMinute: 600\n';
const agents: readonly (readonly [string, AgentRigOptions, number])[] = [
  ['the kernel', { policy }, 1],
  ['the journal', { policy, as: { uid: 65_534, capabilities: '+kill' } }, 2],
];

describe.each(agents)('a pause of two processes that is bound by %s', (_name, options, binding) => {
  let rig: AgentRig;
  let workers: readonly Worker[];
  const rootOnly = unless(isRoot, 'root');

  beforeEach(async () => {
    if (!isRoot) return;
    rig = await startAgentRig(options);
    const name = workerName('o');
    workers = await Promise.all([startWorker(name), startWorker(name)]);
  });
  afterEach(async () => {
    if (!isRoot) return;
    await rig.dispose();
    await Promise.all(workers.map((worker) => worker.end()));
  });

  rootOnly('lets go of all when its holder hangs and one is restored', async () => {
    const anyOf = workers.map(({ pid }) => ({ pid }));
    const fault = await inject(rig.client, { kind: 'process.pause', selector: { anyOf } });
    expect(fault.binding).toBe(binding);
    expect(workers.every((worker) => worker.isHeld())).toBe(true);
    const [holder] = listHolders(rig.pid() as Pid);
    // Only a holder that this test's own agent started, and listed a moment ago.
    if (!holder) throw new Error('there is no holder');
    process.kill(holder.pid, 'SIGSTOP');
    const faultId = fault.faultId ?? '';
    const target = fault.targets?.[0];
    if (!target) throw new Error('the fault has no target');
    await rig.client.call('restore', { faultId, target, reason: 'one of two' });
    await until('both run on, long before the lease ends', () => workers.every((worker) => worker.isRunning()), 5000);
    await until('nothing is held', async () => {
      const { active } = await rig.client.call('describe', {});
      return (active ?? []).length === 0;
    });
  });

  rootOnly('goes on with the other when its holder lets go of one', async () => {
    const anyOf = workers.map(({ pid }) => ({ pid }));
    const fault = await inject(rig.client, { kind: 'process.pause', selector: { anyOf } });
    const target = fault.targets?.[0];
    if (!target) throw new Error('the fault has no target');
    const { receipts } = await rig.client.call('restore', { faultId: fault.faultId ?? '', target });
    expect((receipts ?? []).map(({ confirmed }) => confirmed)).toEqual([true]);
    const other = workers.find(({ pid }) => pid !== target.pid);
    const askedAtMs = performance.now();
    // Past the time after which a silent holder is ended.
    await until('the time of a silent holder is over', () => performance.now() - askedAtMs > 1500);
    expect(other?.isHeld()).toBe(true);
  });
});
