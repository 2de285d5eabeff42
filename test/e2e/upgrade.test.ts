/** An agent is replaced while it holds something: the other version lets go of it, in both directions. */
import { spawnSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished } from 'vitest';
import { listHolders } from '../../agent/host/holder-children.ts';
import { recordToBytes } from '../../agent/store/journal-record.ts';
import { slotBytes, writeSlot } from '../../agent/store/slot.ts';
import type { Pid } from '../../proto/identity.ts';
import { type AgentRig, type AgentRigOptions, startAgentRig, unprivileged } from '../rig/agent.ts';
import { inject, planFor } from '../rig/inject.ts';
import { fixtureCommits, fixtureRecords } from '../rig/journal-fixture.ts';
import { hasHistory, olderPrograms } from '../rig/older-source.ts';
import { distFolder } from '../rig/project.ts';
import { unless } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const isRoot = process.getuid?.() === 0;
/** Another user than the worker's, without CAP_SYS_PTRACE: a pause is bound by the journal. */
const as = { uid: 65_534, capabilities: '+kill' };
const policy = 'journalWithoutSupervisor: true\ninjectsPerMinute: 600\n';

async function leavePaused(options: AgentRigOptions): Promise<{ rig: AgentRig; worker: Worker }> {
  const rig = await startAgentRig({ as, policy, ...options });
  const worker = await startWorker(workerName('u'));
  onTestFinished(async () => {
    await rig.dispose();
    await worker.end();
  });
  await inject(rig.client, { kind: 'process.pause', selector: { pid: worker.pid } });
  const [holder] = listHolders(rig.pid() as Pid);
  if (!holder) throw new Error('there is no holder');
  rig.process().kill('SIGSTOP');
  process.kill(holder.pid, 'SIGKILL');
  rig.process().kill('SIGKILL');
  await until('the agent is gone', () => rig.process().signalCode === 'SIGKILL');
  expect(worker.isHeld()).toBe(true);
  return { rig, worker };
}

/** `leash-agent restore` of that version. */
function restoreBy(dist: string, rig: AgentRig): { code: number | null; output: string } {
  const [command = '', ...args] = [...unprivileged(as), process.execPath, join(dist, 'leash-agent.js'), 'restore'];
  const { status, stdout, stderr } = spawnSync(command, [...args, ...rig.directories], { encoding: 'utf8' });
  return { code: status, output: `${stdout}${stderr}` };
}

describe.each(fixtureCommits)('between %s and this version', (commit) => {
  const rootWithHistory = unless(isRoot && hasHistory(commit), `root and the history of the repository (${commit})`);
  let older = '';
  beforeAll(() => {
    if (isRoot && hasHistory(commit)) older = olderPrograms(commit);
  });

  rootWithHistory('what the older left in its journal is undone by the newer', async () => {
    const { rig, worker } = await leavePaused({ dist: older });
    const { code, output } = restoreBy(distFolder, rig);
    expect(output).toContain(`process.pause pid ${worker.pid}: restored`);
    expect(code).toBe(0);
    expect(worker.isRunning()).toBe(true);
  });

  rootWithHistory('what the newer left in its journal is undone by the older', async () => {
    const { rig, worker } = await leavePaused({});
    const { code, output } = restoreBy(older, rig);
    expect(output).toContain(`process.pause pid ${worker.pid}: restored`);
    expect(code).toBe(0);
    expect(worker.isRunning()).toBe(true);
  });
});

describe('a record of a version that is not known yet', () => {
  const asRoot = unless(isRoot, 'root');

  asRoot('keeps nothing else from being undone, and new faults out', async () => {
    const { rig, worker } = await leavePaused({});
    const [record] = fixtureRecords;
    if (!record) throw new Error('there is no fixture');
    const later = { ...JSON.parse(recordToBytes(record).toString()), version: 2 };
    await writeBeside(join(rig.directories[1] as string, 'journal'), Buffer.from(JSON.stringify(later)));
    await rig.start();
    await until('the worker runs', () => worker.isRunning());
    const wanted = { kind: 'process.pause', selector: { pid: worker.pid } };
    const plan = await planFor(rig.client, wanted);
    expect(plan.refusals?.map(({ reason }) => reason)).toContain('journal-unavailable');
    expect(plan.refusals?.map(({ message }) => message).join()).toContain('another version of Leash wrote it');
    await expect(inject(rig.client, wanted)).rejects.toThrow('another version of Leash wrote it');
    expect(worker.isRunning()).toBe(true);
  });
});

/** Into the last slot, which the agent's own records do not reach. */
async function writeBeside(path: string, payload: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  const lastSlot = 63;
  const overwrite = async (position: number, bytes: Uint8Array): Promise<void> =>
    void (await file.write(bytes, 0, bytes.length, position));
  expect((await file.stat()).size).toBe((lastSlot + 1) * slotBytes);
  await writeSlot({ overwrite }, lastSlot, { sequence: 1, payload });
  await file.close();
}
