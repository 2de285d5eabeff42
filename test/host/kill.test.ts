/** `process.kill` on the real kernel. */
import { describe, expect, test } from 'vitest';
import { agentUsers, bootMs, startAgent } from './harness/agent.ts';
import { until } from './harness/until.ts';
import { startStampingVictim, startVictim } from './harness/victim.ts';

const parameters = { signal: 'SIGTERM', grace: 10_000 };

describe.each(agentUsers())('a kill by an agent %s', (user) => {
  test('ends its targets, and then itself has nothing left to do', async () => {
    const [agent, one, other] = await Promise.all([startAgent(user), startVictim('busy.mjs'), startVictim('busy.mjs')]);
    const targets = [one.identity, other.identity];
    const holder = await agent.start({ kind: 'process.kill', binding: 'one-shot', parameters, targets });
    expect((await holder.report('touched')).touched).toHaveLength(2);
    await holder.report('finished');
    expect([one.child.signalCode, other.child.signalCode]).toEqual(['SIGTERM', 'SIGTERM']);
    holder.release();
    expect(await holder.ended()).toBe('exit 0');
    await agent.stop();
  });

  test('sends SIGKILL after the grace to one that does not end, and not before', async () => {
    const [agent, victim] = await Promise.all([startAgent(user), startStampingVictim({ threads: 1 })]);
    // Stopped, it receives no SIGTERM.
    victim.signal('SIGSTOP');
    await until('it is stopped', () => victim.states().every((state) => state === 'T'));
    const startedAtMs = bootMs();
    const holder = await agent.start({
      kind: 'process.kill',
      binding: 'one-shot',
      parameters: { ...parameters, grace: 600 },
      targets: [victim.identity],
    });
    await holder.report('finished');
    expect(bootMs() - startedAtMs).toBeGreaterThan(600);
    expect(victim.child.signalCode).toBe('SIGKILL');
    await Promise.all([agent.stop(), victim.stop()]);
  });

  test('gives the SIGKILL up when it is released within the grace', async () => {
    const [agent, victim] = await Promise.all([startAgent(user), startStampingVictim({ threads: 1 })]);
    victim.signal('SIGSTOP');
    const holder = await agent.start({
      kind: 'process.kill',
      binding: 'one-shot',
      parameters: { ...parameters, grace: 500 },
      targets: [victim.identity],
    });
    await holder.report('touched');
    const touchedAtMs = bootMs();
    holder.release();
    await holder.ended();
    await until('the grace is over', () => bootMs() > touchedAtMs + 700);
    expect(victim.states()).toContain('T');
    await Promise.all([agent.stop(), victim.stop()]);
  });

  test('is over when a successor was seen', async () => {
    const [agent, victim] = await Promise.all([startAgent(user), startVictim('busy.mjs')]);
    const sibling = await startVictim('busy.mjs');
    const holder = await agent.start({
      kind: 'process.kill',
      binding: 'one-shot',
      parameters: { ...parameters, respawnWithin: 20_000 },
      targets: [victim.identity],
    });
    await until('it is gone', () => victim.states().length === 0);
    const goneAtMs = bootMs();
    await until('a sibling that was there before is no successor', () => bootMs() > goneAtMs + 500);
    expect(holder.reports.map(({ type }) => type)).toEqual(['bound', 'touched']);
    const successor = await startVictim('busy.mjs');
    await holder.report('finished');
    await Promise.all([agent.stop(), sibling.stop(), successor.stop()]);
  });
});
