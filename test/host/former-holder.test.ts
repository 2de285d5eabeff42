/** What an agent does with a holder of an earlier one that was stopped before it could arm its own end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openJournal } from '../../agent/store/journal.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { fixtureRecords } from '../rig/journal-fixture.ts';
import { threadStates } from '../rig/proc.ts';
import { distFolder } from '../rig/project.ts';
import { until } from '../rig/until.ts';
import { identityOf } from './harness/agent.ts';

let rig: AgentRig;
const children: ChildProcess[] = [];

beforeEach(async () => {
  rig = await startAgentRig();
  rig.process().kill('SIGTERM');
  await until('the agent ended', () => rig.process().exitCode !== null);
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rig.dispose();
});

/** Stopped, and named in the journal as the holder of a fault that an earlier agent left. */
async function leaveStopped(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  children.push(child);
  child.kill('SIGSTOP');
  await until('it is stopped', () => threadStates(child.pid ?? 0)[0] === 'T');
  // The program is there once the exec is over; before it the process is a copy of this one.
  const holder = identityOf(child);
  const [record] = fixtureRecords;
  if (!record) throw new Error('there is no fixture');
  const journal = await openJournal(rig.directories[1] as string);
  await journal.put({ ...record, facts: { ...record.facts, targets: [holder] }, undo: [], holder });
  await journal.close();
  return child;
}

test('ends it, and comes to rest', async () => {
  const child = await leaveStopped([join(distFolder, 'leash-holder.js')]);
  await rig.start();
  await until('it was ended', () => child.signalCode === 'SIGKILL');
  await until('nothing is held', async () => ((await rig.client.call('describe', {})).active ?? []).length === 0);
});

test('leaves a process alone that the journal names and that is no holder', async () => {
  const child = await leaveStopped(['-e', 'setInterval(() => {}, 1e6)']);
  await rig.start();
  await until('the agent has looked', () => rig.log().includes('a fault of an earlier agent is being ended'));
  expect(threadStates(child.pid ?? 0)[0]).toBe('T');
});
