import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { listHolders } from '../../agent/host/holder-children.ts';
import type { Pid } from '../../proto/identity.ts';
import { type AgentRig, startAgentRig, unprivileged } from '../rig/agent.ts';
import { inject, planFor } from '../rig/inject.ts';
import { distFolder } from '../rig/project.ts';
import { unless } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const isRoot = process.getuid?.() === 0;
/** Another user than the worker's, without CAP_SYS_PTRACE: the kernel cannot bind a pause here. */
const as = { uid: 65_534, capabilities: '+kill' };

describe('where ptrace is not to be had, a pause is bound by the journal, and', () => {
  let rig: AgentRig;
  let worker: Worker;

  beforeEach(async () => {
    if (!isRoot) return;
    rig = await startAgentRig({ as, policy: 'journalWithoutSupervisor: true\ninjectsPerMinute: 600\n' });
    worker = await startWorker(workerName('j'));
  });
  afterEach(async () => {
    if (!isRoot) return;
    await rig.dispose();
    await worker.end();
  });

  const rootOnly = unless(isRoot, 'root');

  async function pauseIt(): Promise<Pid> {
    const fault = await inject(rig.client, { kind: 'process.pause', selector: { pid: worker.pid } });
    expect(fault.binding).toBe(2);
    expect(worker.isHeld()).toBe(true);
    const [holder] = listHolders(rig.pid() as Pid);
    if (!holder) throw new Error('there is no holder');
    return holder.pid;
  }

  rootOnly('the plan says so, and why', async () => {
    const plan = await planFor(rig.client, { kind: 'process.pause', selector: { pid: worker.pid } });
    expect(plan).toMatchObject({ binding: 2, refusals: [] });
    expect(plan.bindingReason).toContain('CAP_SYS_PTRACE is missing');
  });

  rootOnly('without a supervisor the default policy refuses it', async () => {
    const strict = await startAgentRig({ as, policy: 'stage: development\n' });
    const plan = await planFor(strict.client, { kind: 'process.pause', selector: { pid: worker.pid } });
    expect(plan.refusals?.map((refusal) => refusal.reason)).toEqual(['binding-not-allowed']);
    await strict.dispose();
  });

  rootOnly('`leash-agent restore` undoes it when both are SIGKILLed, as the unit does after a crash', async () => {
    const holder = await pauseIt();
    rig.process().kill('SIGSTOP');
    process.kill(holder, 'SIGKILL');
    rig.process().kill('SIGKILL');
    await until('the agent is gone', () => rig.process().signalCode === 'SIGKILL');
    expect(worker.isHeld()).toBe(true);
    const [command = '', ...args] = [...unprivileged(as), process.execPath, join(distFolder, 'leash-agent.js')];
    const { status, stdout } = spawnSync(command, [...args, 'restore', ...rig.directories], { encoding: 'utf8' });
    expect(stdout).toContain(`process.pause pid ${worker.pid}: restored`);
    expect(status).toBe(0);
    expect(worker.isRunning()).toBe(true);
  });

  rootOnly('the next agent finds the record and lets go', async () => {
    const holder = await pauseIt();
    rig.process().kill('SIGSTOP');
    process.kill(holder, 'SIGKILL');
    rig.process().kill('SIGKILL');
    await until('the agent is gone', () => rig.process().signalCode === 'SIGKILL');
    await rig.start();
    await until('the worker runs', () => worker.isRunning(), 2000);
  });
});
