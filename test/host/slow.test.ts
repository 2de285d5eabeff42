/** `process.slow` on the real kernel. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { agentUsers, bootMs, startAgent } from './harness/agent.ts';
import { until } from './harness/until.ts';
import { startVictim, type Victim } from './harness/victim.ts';

/** Time on a CPU and time waiting for one: what the process was allowed to run, however busy the machine is. */
function allowedMs(victim: Victim): number {
  const [ran, waited] = readFileSync(`/proc/${victim.identity.pid}/schedstat`, 'latin1').split(' ');
  return (Number(ran) + Number(waited)) / 1e6;
}

describe.each(agentUsers())('a process slowed by an agent %s', (user) => {
  test.each([
    [90, 10],
    [50, 10],
    [10, 10],
    [30, 50],
  ])('runs for %d percent of the time with a period of %d ms', async (share, period) => {
    const [agent, victim] = await Promise.all([startAgent(user), startVictim('busy.mjs')]);
    const holder = await agent.start({
      kind: 'process.slow',
      parameters: { share, period },
      targets: [victim.identity],
    });
    await holder.report('touched');
    const startedAtMs = bootMs();
    const startedAllowedMs = allowedMs(victim);
    await until('three seconds have passed', () => bootMs() - startedAtMs > 3000, 4000, 5);
    const achieved = (100 * (allowedMs(victim) - startedAllowedMs)) / (bootMs() - startedAtMs);
    // That it is slowed, and about as much as asked: how exactly is a figure (`npm run bench -- accuracy`), not a test.
    expect(Math.abs(achieved - share)).toBeLessThan(6);
    holder.release();
    const askedAtMs = bootMs();
    await holder.ended();
    expect(bootMs() - askedAtMs).toBeLessThan(250);
    expect(victim.states()).not.toContain('t');
    await Promise.all([agent.stop(), victim.stop()]);
  });
});
