/** `custom.run` on the real kernel: programs of the distribution stand for those of an operator. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect } from 'vitest';
import { listPids } from '../../agent/host/process-identity.ts';
import { createProcessReader } from '../../agent/host/process-table.ts';
import { unless } from '../rig/requirement.ts';
import { bootMs, livingHolders, startAgent, type TestAgent, type TestHolder } from './harness/agent.ts';
import { until } from './harness/until.ts';
import { host } from './harness/victim.ts';

const test = unless(process.getuid?.() === 0, 'root');
/** Told from every other process by how long it sleeps. */
const seconds = `9${process.pid}`;
const programs = [
  { name: 'sleep', executable: '/usr/bin/sleep' },
  { name: 'with-child', executable: '/usr/bin/timeout' },
  { name: 'daemon', executable: '/usr/bin/setsid' },
  { name: 'brief', executable: '/usr/bin/true' },
];

let agent: TestAgent | undefined;
afterEach(async () => {
  await agent?.stop();
  await until('no program is left', () => sleepers().length === 0);
});

function sleepers(): readonly number[] {
  const reader = createProcessReader();
  return listPids().filter((pid) => {
    const found = reader.readProcess(pid);
    return found && found.state !== 'Z' && found.name === 'sleep' && found.cmdline.includes(seconds);
  });
}

async function run(program: string, args: readonly string[], list = programs): Promise<TestHolder> {
  agent = await startAgent();
  return agent.start({ kind: 'custom.run', parameters: { program, args }, briefing: { programs: list } });
}

describe('a program of the host’s own', () => {
  test('runs in a namespace of its own, without capabilities and without the agent’s environment', async () => {
    const holder = await run('sleep', [seconds]);
    await holder.report('touched');
    const [pid] = sleepers();
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    expect(status).toMatch(/^NSpid:\t\d+\t\d+$/m);
    expect(status).toMatch(/^CapEff:\t0{16}$/m);
    expect(status).toMatch(/^CapPrm:\t0{16}$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).toBe('PATH=/usr/sbin:/usr/bin:/sbin:/bin\0LANG=C.UTF-8\0');
    expect(host.inSessionOf(holder.identity)).toHaveLength(2);
    holder.release();
    await holder.ended();
    await until('the program is gone', () => sleepers().length === 0);
    await until('its namespace is gone', () => host.inSessionOf(holder.identity).length === 0);
  });

  test('is over at its deadline, with its children, also while the holder is stopped', async () => {
    agent = await startAgent();
    const holder = await agent.start({
      kind: 'custom.run',
      parameters: { program: 'with-child', args: ['9999', 'sleep', seconds] },
      briefing: { programs },
      endsInMs: 2000,
    });
    const endsAtMs = bootMs() + 2000;
    await holder.report('touched');
    await until('the child runs', () => sleepers().length === 1);
    holder.signal(19);
    await until('the child is gone', () => sleepers().length === 0);
    expect(bootMs() - endsAtMs).toBeLessThan(250);
  });

  test('does not outlive the agent and the holder, though it made itself a daemon', async () => {
    for (const isStopped of [false, true]) {
      const holder = await run('daemon', ['--fork', 'sleep', seconds]);
      await holder.report('touched');
      await until('the daemon runs', () => sleepers().length === 1);
      if (isStopped) holder.signal(19);
      else holder.signal(9);
      agent?.signal(9);
      await until('the daemon is gone', () => sleepers().length === 0, 1000);
      await agent?.stop();
    }
  });

  test('is not left by an agent that dies at whatever instant of its start', async () => {
    for (let round = 0; round < 12; round++) {
      agent = await startAgent();
      agent.startBlindly({
        kind: 'custom.run',
        parameters: { program: 'sleep', args: [seconds] },
        briefing: { programs },
      });
      await until('a holder exists', () => livingHolders().length > 0, 5000, 0);
      const killAtMs = bootMs() + round * 30;
      await until('the instant of the kill', () => bootMs() >= killAtMs, 1000, 0);
      await agent.stop();
      await until('no holder is left', () => livingHolders().length === 0);
      await until('no program is left', () => sleepers().length === 0, 1000);
    }
  });

  test('that ends by itself ends the fault', async () => {
    const holder = await run('brief', []);
    await holder.report('finished');
  });

  test('is refused when it is not in the list, is not there, or could be another’s', async () => {
    await expect((await run('other', [])).report('touched')).rejects.toMatchObject({ reason: 'fault-not-allowed' });
    await agent?.stop();
    const missing = [{ name: 'gone', executable: '/usr/bin/no-such-program' }];
    await expect((await run('gone', [], missing)).report('touched')).rejects.toMatchObject({
      reason: 'fault-unavailable',
    });
    await agent?.stop();
    const folder = mkdtempSync(join(tmpdir(), 'leash-test-'));
    try {
      const executable = join(folder, 'program');
      writeFileSync(executable, '#!/bin/sh\n', { mode: 0o755 });
      const writable = await run('own', [], [{ name: 'own', executable }]);
      await expect(writable.report('touched')).rejects.toThrow('must be a folder that only');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('is refused where no namespace is to be had', async () => {
    agent = await startAgent('unprivileged');
    const holder = await agent.start({
      kind: 'custom.run',
      parameters: { program: 'sleep', args: [seconds] },
      briefing: { programs },
    });
    expect(await holder.ended()).toMatch(/^exit [1-9]/);
    expect(sleepers()).toEqual([]);
  });
});
