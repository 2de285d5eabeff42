/** A halt on a host whose disks refuse the latch: it holds, says what it would not outlive, and is written when it can be. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { distFolder } from '../rig/project.ts';
import { until } from '../rig/until.ts';

const order = { requestId: 'halt-of-a-test', reason: 'checkout is down' };

async function startAgent(): Promise<AgentRig> {
  const rig = await startAgentRig();
  onTestFinished(() => rig.dispose());
  return rig;
}

/** What stands in the place of the latch cannot be written to. */
function refuseLatch(rig: AgentRig, ...which: readonly ('state' | 'run')[]): () => void {
  const places = which.map((name) => join(rig.directories[name === 'state' ? 1 : 3] as string, 'latch'));
  for (const place of places) {
    rmSync(place);
    mkdirSync(place);
  }
  return () => {
    for (const place of places) rmdirSync(place);
  };
}

async function restartAfterKill(rig: AgentRig): Promise<void> {
  const ended = new Promise((resolve) => rig.process().once('exit', resolve));
  rig.process().kill('SIGKILL');
  await ended;
  await rig.start();
}

async function haltOf(rig: AgentRig) {
  return (await rig.client.call('describe', {})).halt;
}

describe('a halt that no directory takes', () => {
  it('is said to be in memory only, is written as soon as a disk takes it, and then outlives a SIGKILL', async () => {
    const rig = await startAgent();
    const relent = refuseLatch(rig, 'state', 'run');
    const { halt } = await rig.client.call('halt', order);
    expect(halt).toMatchObject({ halted: true, epoch: 2, volatile: true, memoryOnly: true });
    expect(await haltOf(rig)).toMatchObject({ volatile: true, memoryOnly: true });
    relent();
    await until('the latch is on a disk', async () => (await haltOf(rig))?.volatile === false, 20_000);
    await restartAfterKill(rig);
    expect(await haltOf(rig)).toMatchObject({ halted: true, epoch: 2, reason: order.reason, volatile: false });
  });

  it('makes `leash-agent halt` end with 5 and say so', async () => {
    const rig = await startAgent();
    refuseLatch(rig, 'state', 'run');
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(distFolder, 'leash-agent.js'), 'halt', ...rig.directories],
      { encoding: 'utf8', timeout: 30_000 },
    );
    expect(stdout).toContain('IN MEMORY ONLY');
    expect(status).toBe(5);
  });
});

it('a halt that only the run directory takes is volatile, and outlives a SIGKILL', async () => {
  const rig = await startAgent();
  const relent = refuseLatch(rig, 'state');
  const { halt } = await rig.client.call('halt', order);
  expect(halt).toMatchObject({ halted: true, epoch: 2, volatile: true, memoryOnly: false });
  relent();
  await restartAfterKill(rig);
  expect(await haltOf(rig)).toMatchObject({ halted: true, epoch: 2 });
});
