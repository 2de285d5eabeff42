/** What is left when the agent dies: nothing, at whatever instant. */
import { describe, expect, test } from 'vitest';
import { agentUsers, bootMs, livingHolders, startAgent } from './harness/agent.ts';
import { until } from './harness/until.ts';
import { everyThreadStampedAfter, startStampingVictim } from './harness/victim.ts';

describe.each(agentUsers())('the death of an agent %s', (user) => {
  test('leaves no holder and no fault when it comes during or right after the start of one', async () => {
    const victim = await startStampingVictim({ threads: 3 });
    for (let round = 0; round < 12; round++) {
      const agent = await startAgent(user);
      agent.startBlindly({ kind: 'process.pause', targets: [victim.identity] });
      await until('a holder exists', () => livingHolders().length > 0, 5000, 0);
      const killAtMs = bootMs() + round * 12;
      await until('the instant of the kill', () => bootMs() >= killAtMs, 1000, 0);
      await agent.stop();
      await until('no holder is left', () => livingHolders().length === 0, 2000);
      await everyThreadStampedAfter(victim, process.hrtime.bigint());
    }
    await victim.stop();
  });

  test('is answered by the holder of a journal-bound pause, which lets the target run', async () => {
    const victim = await startStampingVictim({ threads: 3 });
    const agent = await startAgent(user);
    const holder = await agent.start({ kind: 'process.pause', targets: [victim.identity], binding: 'journal' });
    await holder.report('touched');
    await until('it is stopped', () => victim.states().every((state) => state === 'T'));
    const killedAtNs = process.hrtime.bigint();
    agent.signal(9);
    expect(await everyThreadStampedAfter(victim, killedAtNs)).toBeLessThan(500);
    await until('no holder is left', () => livingHolders().length === 0, 2000);
    await Promise.all([agent.stop(), victim.stop()]);
  });

  test('does not start a target by a journal-bound pause that was stopped before', async () => {
    const victim = await startStampingVictim({ threads: 3 });
    victim.signal('SIGSTOP');
    await until('it is stopped', () => victim.states().every((state) => state === 'T'));
    const agent = await startAgent(user);
    const holder = await agent.start({
      kind: 'process.pause',
      targets: [victim.identity],
      wasStopped: [true],
      binding: 'journal',
    });
    await holder.report('touched');
    await agent.stop();
    await until('no holder is left', () => livingHolders().length === 0, 2000);
    expect(new Set(victim.states())).toEqual(new Set(['T']));
    await victim.stop();
  });

  test('ends stressors and gives their memory back', async () => {
    const agent = await startAgent(user);
    const cpu = await agent.start({ kind: 'stress.cpu', parameters: { cores: 1, load: 20 } });
    const memory = await agent.start({ kind: 'stress.memory', parameters: { size: 64 * 2 ** 20, leaveFree: 2 ** 26 } });
    await Promise.all([cpu.report('touched'), memory.report('touched')]);
    await agent.stop();
    await until('no holder is left', () => livingHolders().length === 0, 2000);
  });
});
