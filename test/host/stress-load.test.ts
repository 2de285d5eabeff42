/** What `stress.cpu` and `stress.memory` can beside a fixed load and a fixed size, on the real kernel. */
import { describe, expect, test } from 'vitest';
import { mapMemory } from '../../agent/host/native/memory-map.ts';
import { agentUsers, bootMs, type TestHolder } from './harness/agent.ts';
import { startStressAgent } from './harness/stress-place.ts';
import { until } from './harness/until.ts';
import { host } from './harness/victim.ts';

const mebibyte = 2 ** 20;

/** Of one CPU, in the next `ms`. */
async function burned(holder: TestHolder, ms: number): Promise<number> {
  const ran = () => host.ranMs(holder.identity) ?? Number.NaN;
  const from = { ranMs: ran(), atMs: bootMs() };
  await until(`${ms} ms have passed`, () => bootMs() - from.atMs > ms, ms + 2000, 5);
  return (100 * (ran() - from.ranMs)) / (bootMs() - from.atMs);
}

describe.each(agentUsers())('by an agent %s', (user) => {
  test('a share of the whole host is burned on all CPUs evenly', async () => {
    const agent = await startStressAgent(user);
    const holder = await agent.start({ kind: 'stress.cpu', parameters: { percent: 20, ramp: 0 } });
    const { touched } = await holder.report('touched');
    expect(touched).toEqual([`${host.cpus()} threads at 20 % of a CPU each`]);
    expect(Math.abs((await burned(holder, 1500)) / host.cpus() - 20)).toBeLessThan(8);
  });

  test('a load rises evenly from nothing', async () => {
    const agent = await startStressAgent(user);
    const begunAtMs = bootMs();
    const holder = await agent.start({ kind: 'stress.cpu', parameters: { cores: 1, load: 60, ramp: 4000 } });
    await holder.report('touched');
    // The word may come late, and the ramp began before it.
    const late = (60 * (bootMs() - begunAtMs)) / 4000;
    // What its thread takes to start is not yet load.
    const first = Math.min(await burned(holder, 400), await burned(holder, 400), await burned(holder, 400));
    expect(first).toBeLessThan(12 + late);
    await burned(holder, 600);
    const second = await burned(holder, 400);
    expect(second - first).toBeGreaterThan(15);
    expect(second).toBeLessThan(45);
    await until('the ramp is over', () => bootMs() - begunAtMs > 4500);
    const full = await burned(holder, 600);
    expect(full - second).toBeGreaterThan(20);
    expect(full).toBeLessThan(68);
  });

  test('memory is taken until so much is free, and given back as others take it', async () => {
    const agent = await startStressAgent(user);
    const asked = 192 * mebibyte;
    const untilFree = host.memory().availableBytes - asked;
    const parameters = { untilFree, leaveFree: 64 * mebibyte };
    const holder = await agent.start({ kind: 'stress.memory', parameters });
    await holder.report('touched');
    const resident = () => host.residentBytes(holder.identity) ?? Number.NaN;
    const atFirst = resident();
    expect(atFirst).toBeGreaterThan(asked / 2);
    /** On the target, or with nothing left to give, or with all that it may take: the rest of the host moves too. */
    const hasFollowed = (): boolean => {
      const spare = host.memory().availableBytes - untilFree;
      const slack = 24 * mebibyte;
      if (Math.abs(spare) < slack) return true;
      return spare < 0 ? resident() < atFirst - asked + slack : resident() > atFirst - slack;
    };
    const others = mapMemory(96 * mebibyte);
    await until('it has given back', hasFollowed, 3000, 10);
    expect(resident()).toBeLessThan(atFirst + 32 * mebibyte);
    others.release();
    await until('it has taken again', hasFollowed, 3000, 10);
    expect(holder.reports.some(({ type }) => type === 'failed')).toBe(false);
  });

  test('all memory is given back when the floor of the host is crossed later', async () => {
    const agent = await startStressAgent(user);
    const memoryBytes = host.memory().availableBytes - 128 * mebibyte;
    const floors = { memoryBytes, diskBytes: 0, openFiles: 0, tasks: 0 };
    const parameters = { size: 48 * mebibyte, leaveFree: 64 * mebibyte };
    const holder = await agent.start({ kind: 'stress.memory', parameters, briefing: { floors } });
    await holder.report('touched');
    const failed = () => holder.reports.find((report) => report.type === 'failed');
    const others = [];
    // The rest of the host may leave some meanwhile, so that it takes more than one step to cross it.
    for (let step = 0; step < 24 && !failed(); step++) {
      others.push(mapMemory(64 * mebibyte));
      await until('it was looked', failed, 600).catch(() => undefined);
    }
    expect(failed()).toMatchObject({ reason: 'floor-crossed' });
    for (const one of others) one.release();
    await until('it is given back', () => (host.residentBytes(holder.identity) ?? 0) < 100 * mebibyte, 1000);
  });
});
