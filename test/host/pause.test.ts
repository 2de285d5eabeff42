/** `process.pause` on the real kernel. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPidfd, signalPidfd } from '../../agent/host/native/pidfd.ts';
import { agentUsers, bootMs, identityOf, livingHolders, startAgent, type TestAgent } from './harness/agent.ts';
import { victimProgram } from './harness/build.ts';
import { until } from './harness/until.ts';
import { everyThreadStampedAfter, type StampingVictim, startStampingVictim, startVictim } from './harness/victim.ts';

describe.each(agentUsers())('a pause by an agent %s', (user) => {
  let agent: TestAgent;
  let victim: StampingVictim;

  beforeEach(async () => {
    [agent, victim] = await Promise.all([startAgent(user), startStampingVictim()]);
  });

  afterEach(async () => {
    await agent.stop();
    await victim.stop();
  });

  const pause = async () => {
    const holder = await agent.start({ kind: 'process.pause', targets: [victim.identity] });
    await holder.report('touched');
    return holder;
  };

  test('stops every thread, and lets every thread run on when it is released', async () => {
    const holder = await pause();
    expect(new Set(victim.states())).toEqual(new Set(['t']));
    const stamps = victim.stamps();
    holder.release();
    await holder.report('released');
    const releasedAtNs = process.hrtime.bigint();
    await everyThreadStampedAfter(victim, releasedAtNs);
    expect(victim.stamps().every((stamp, slot) => stamp > (stamps[slot] as bigint))).toBe(true);
    expect(victim.states()).not.toContain('t');
    expect(await holder.ended()).toBe('exit 0');
  });

  test('ends with the holder, however it is killed', async () => {
    const holder = await pause();
    const killedAtNs = process.hrtime.bigint();
    holder.signal(9);
    const ms = await everyThreadStampedAfter(victim, killedAtNs);
    expect(ms).toBeLessThan(500);
    expect(await holder.ended()).toBe('signal SIGKILL');
  });

  test('ends with the agent', async () => {
    const holder = await pause();
    const killedAtNs = process.hrtime.bigint();
    agent.signal(9);
    expect(await everyThreadStampedAfter(victim, killedAtNs)).toBeLessThan(500);
    await until('the holder is gone', () => victim.states().every((state) => state !== 't'));
    void holder;
  });

  test('ends at its deadline by the kernel when holder and agent are stopped', async () => {
    const endsInMs = 1500;
    const endsAtBootMs = bootMs() + endsInMs;
    const holder = await agent.start({ kind: 'process.pause', targets: [victim.identity], endsInMs });
    await holder.report('touched');
    holder.signal(19);
    agent.signal(19);
    await everyThreadStampedAfter(victim, process.hrtime.bigint(), 5000);
    expect(bootMs() - endsAtBootMs).toBeGreaterThan(20);
    expect(bootMs() - endsAtBootMs).toBeLessThan(300);
    agent.signal(18);
    expect(await holder.ended()).toBe('signal SIGKILL');
  });

  test('goes on after its first deadline when it is renewed, and ends at the second', async () => {
    // A busy machine takes its time until the holder is there.
    const endsInMs = 3000;
    const firstEndsAtBootMs = bootMs() + endsInMs;
    const holder = await agent.start({ kind: 'process.pause', targets: [victim.identity], endsInMs });
    await holder.report('touched');
    const endsAtBootMs = firstEndsAtBootMs + 700;
    holder.renew(endsAtBootMs);
    await holder.report('renewed');
    await until('the first deadline has passed', () => bootMs() > firstEndsAtBootMs + 200);
    expect(new Set(victim.states())).toEqual(new Set(['t']));
    await everyThreadStampedAfter(victim, process.hrtime.bigint());
    expect(bootMs()).toBeGreaterThan(endsAtBootMs - 30);
  });

  test('lets go of one target and keeps the other', async () => {
    const other = await startStampingVictim({ threads: 3 });
    const holder = await agent.start({ kind: 'process.pause', targets: [victim.identity, other.identity] });
    await holder.report('touched');
    holder.release(other.identity);
    expect(await holder.report('released')).toEqual({ type: 'released', target: other.identity });
    await everyThreadStampedAfter(other, process.hrtime.bigint());
    expect(new Set(victim.states())).toEqual(new Set(['t']));
    holder.release(victim.identity);
    await holder.report('finished');
    await everyThreadStampedAfter(victim, process.hrtime.bigint());
    await other.stop();
  });

  test('leaves a target stopped that was stopped before', async () => {
    victim.signal('SIGSTOP');
    await until('it is stopped', () => victim.states().every((state) => state === 'T'));
    const holder = await pause();
    await until('it is traced', () => victim.states().every((state) => state === 't'));
    holder.release();
    await holder.ended();
    await until('it is stopped again', () => victim.states().every((state) => state === 'T'));
    victim.signal('SIGCONT');
    await everyThreadStampedAfter(victim, process.hrtime.bigint());
  });

  test('leaves a target stopped that somebody else stopped meanwhile, also when the holder is killed', async () => {
    const holder = await pause();
    victim.signal('SIGSTOP');
    holder.signal(9);
    await until('it is stopped', () => victim.states().every((state) => state === 'T'));
    victim.signal('SIGCONT');
    await everyThreadStampedAfter(victim, process.hrtime.bigint());
  });

  test('is not broken by a stray SIGCONT', async () => {
    await pause();
    const stamps = victim.stamps();
    victim.signal('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(victim.stamps()).toEqual(stamps);
  });

  test('is refused to a second holder, and the first goes on', async () => {
    await pause();
    const second = await agent.start({ kind: 'process.pause', targets: [victim.identity] });
    await expect(second.report('touched')).rejects.toMatchObject({ reason: 'target-held' });
    second.kill();
    await second.ended();
    expect(new Set(victim.states())).toEqual(new Set(['t']));
  });

  test('holds none when one of several cannot be held', async () => {
    const other = await startStampingVictim({ threads: 3 });
    await pause();
    const second = await agent.start({ kind: 'process.pause', targets: [other.identity, victim.identity] });
    await expect(second.report('touched')).rejects.toMatchObject({ reason: 'target-held' });
    await everyThreadStampedAfter(other, process.hrtime.bigint());
    await other.stop();
  });
});

describe('a target that dies while it is held', () => {
  test.each(agentUsers())('is reaped by its own parent, by an agent %s', async (user) => {
    const agent = await startAgent(user);
    const parent = await startVictim('parent.mjs', victimProgram('busy.mjs'));
    const pid = Number(/ready (\d+)/.exec(parent.output())?.[1]);
    const child = identityOf(pid);
    const pidfd = openPidfd(child.pid);
    const holder = await agent.start({ kind: 'process.pause', targets: [child] });
    await holder.report('touched');
    signalPidfd(pidfd, 9);
    await until('its parent has reaped it', () => parent.output().includes('reaped SIGKILL'), 2000);
    await holder.report('finished');
    await Promise.all([agent.stop(), parent.stop()]);
  });
});

describe('a holder is not started', () => {
  test('for a process that is gone, has another start time or is of another boot', async () => {
    const agent = await startAgent();
    const victim = await startVictim('busy.mjs');
    const start = (changes: object) =>
      agent.start({ kind: 'process.pause', targets: [{ ...victim.identity, ...changes }] });
    const { startTimeTicks } = victim.identity;
    await expect(start({ startTimeTicks: startTimeTicks + 1 })).rejects.toMatchObject({ reason: 'target-changed' });
    await expect(start({ startTimeTicks: startTimeTicks - 1 })).rejects.toMatchObject({ reason: 'target-changed' });
    await expect(start({ bootId: 'another' })).rejects.toMatchObject({ reason: 'target-changed' });
    await victim.stop();
    await expect(start({})).rejects.toMatchObject({ reason: 'target-gone' });
    expect(livingHolders()).toEqual([]);
    await agent.stop();
  });
});
