/** What goes wrong with ptrace, tried: lost signals, threads that come and go, strangers, vfork, exec. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agentUsers, bootMs, identityOf, startAgent, type TestAgent } from './harness/agent.ts';
import { until } from './harness/until.ts';
import { everyThreadStampedAfter, host, startStampingVictim, startVictim, statesOf } from './harness/victim.ts';

const slowHalf = { kind: 'process.slow', parameters: { share: 50, period: 5 } };

describe.each(agentUsers())('a ptrace hold by an agent %s', (user) => {
  let agent: TestAgent;

  beforeEach(async () => {
    agent = await startAgent(user);
  });

  afterEach(() => agent.stop());

  test('loses no signal that arrives while the target is seized and released, over and over', async () => {
    const victim = await startStampingVictim({ threads: 8, intervalMs: 5 });
    const holder = await agent.start({ ...slowHalf, targets: [victim.identity] });
    await holder.report('touched');
    for (let sent = 1; sent <= 300; sent++) {
      victim.signal('SIGUSR1');
      await until(`signal ${sent} is counted`, () => victim.signalsReceived() === sent, 2000);
    }
    await victim.stop();
    await holder.report('finished');
  });

  test('loses no signal when the holder is killed', async () => {
    const victim = await startStampingVictim({ threads: 8, intervalMs: 5 });
    const rounds = 12;
    for (let round = 1; round <= rounds; round++) {
      const holder = await agent.start({ kind: 'process.pause', targets: [victim.identity] });
      const isBefore = round % 3 !== 0;
      if (isBefore) victim.signal('SIGUSR1');
      await holder.report('touched');
      if (!isBefore) victim.signal('SIGUSR1');
      // Long enough for the holder to have tended its threads: to look at a stop must not take it.
      const tendedAtMs = bootMs() + (round % 2) * 150;
      await until('it was tended', () => bootMs() >= tendedAtMs);
      expect(holder.reports.map(({ type }) => type)).toEqual(['bound', 'touched']);
      holder.signal(9);
      await until(`signal ${round} is counted`, () => victim.signalsReceived() === round, 2000);
    }
    await everyThreadStampedAfter(victim, process.hrtime.bigint());
    expect(victim.signalsReceived()).toBe(rounds);
    await victim.stop();
  });

  test('holds a process whose threads come and go, and lets all of it go again', async () => {
    const victim = await startVictim('churn.mjs');
    for (let round = 0; round < 5; round++) {
      const holder = await agent.start({ kind: 'process.pause', targets: [victim.identity] });
      await holder.report('touched');
      expect(victim.states().filter((state) => state !== 't')).toEqual([]);
      holder.release();
      await holder.ended();
      await until('all of it runs', () => victim.states().length > 0 && !victim.states().includes('t'));
    }
    await victim.stop();
  });

  test('slows a process whose threads come and go, which can still end', async () => {
    const victim = await startVictim('churn.mjs');
    const holder = await agent.start({ ...slowHalf, targets: [victim.identity] });
    await holder.report('touched');
    await until('it was held and ran many times', () => bootMs() % 1000 < 5, 3000);
    victim.signal('SIGTERM');
    await holder.report('finished');
    await victim.stop();
  });

  test('does not hold processes that the target clones, though ptrace attaches them', async () => {
    const victim = await startVictim('strangers.mjs');
    const holder = await agent.start({ ...slowHalf, targets: [victim.identity] });
    await holder.report('touched');
    const beganAtMs = bootMs();
    await until('many were cloned', () => bootMs() > beganAtMs + 1000, 3000);
    victim.signal('SIGUSR2');
    const cloned = await until('it lists the living ones', () => /\[(.*)\]/.exec(victim.output())?.[1]);
    // A hundred were made, and each lives for 20 ms: those that were held would have piled up.
    expect(cloned.split(',').length).toBeLessThan(20);
    await victim.stop();
  });

  test('does not wait for a thread inside vfork, and holds the others', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leash-vfork-'));
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const victim = await startVictim('vfork-parent.mjs', fifo);
    await until('a thread is in vfork', () => victim.states().includes('D'));
    const holder = await agent.start({ kind: 'process.pause', targets: [victim.identity] });
    const { touched } = await holder.report('touched');
    expect(touched[0]).toContain('1 did not stop in time');
    expect(victim.states().filter((state) => state !== 't')).toEqual(['D']);
    holder.release();
    await holder.ended();
    await until('the others run', () => !victim.states().includes('t'));
    // Opening the other end lets the vforked child go on, and its parent with it.
    execFileSync('dd', ['if=/dev/null', `of=${fifo}`], { stdio: 'ignore' });
    await until('the thread left vfork', () => !victim.states().includes('D'));
    expect(victim.states()).not.toContain('t');
    await victim.stop();
    rmSync(folder, { recursive: true });
  });

  test('never outlives its kernel timer when the target execs while it is seized', async () => {
    const victim = await startVictim('exec-again.mjs');
    const cpuMs = (): number => host.cpuTimeMs(victim.identity) ?? 0;
    for (let round = 0; round < 6; round++) {
      const endsInMs = 1200;
      const endsAtBootMs = bootMs() + endsInMs;
      const holder = await agent.start({ ...slowHalf, targets: [identityOf(victim.child)], endsInMs });
      await holder.ended(endsInMs + 1000);
      expect(bootMs() - endsAtBootMs).toBeLessThan(400);
      await until('no thread is held', () => !statesOf(victim.identity).includes('t'));
      const before = cpuMs();
      await until('it runs', () => cpuMs() > before);
    }
    await victim.stop();
  });
});
