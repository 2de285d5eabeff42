/** How much processor time each process uses now: its time is read twice, one second apart. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Pid } from '../../proto/identity.ts';
import type { ProcessFacts } from '../core/process.ts';
import { inSlices } from './in-slices.ts';
import { readStat, tickMs } from './read-stat.ts';

export interface CpuUsageOptions {
  readonly procRoot?: string;
  readonly windowMs?: number;
}

interface Sample {
  readonly startTimeTicks: number;
  readonly cpuTimeTicks: number;
  readonly atMs: number;
}

/**
 * Percent of one processor, with one decimal; times are counted in ticks of 10 ms, so that a window of a second tells
 * whole percents. A process that was not there at both ends is left out.
 */
export async function measureCpu(
  processes: Iterable<ProcessFacts>,
  { procRoot = '/proc', windowMs = 1000 }: CpuUsageOptions = {},
): Promise<ReadonlyMap<Pid, number>> {
  const pids = [...processes].map(({ identity }) => identity.pid);
  const before = await inSlices(sample(pids, procRoot));
  await wait(windowMs);
  const after = await inSlices(sample(pids, procRoot));
  const percents = new Map<Pid, number>();
  for (const [pid, { startTimeTicks, cpuTimeTicks, atMs }] of after) {
    const earlier = before.get(pid);
    if (earlier?.startTimeTicks !== startTimeTicks) continue;
    const usedMs = (cpuTimeTicks - earlier.cpuTimeTicks) * tickMs;
    percents.set(pid, Math.round((usedMs / (atMs - earlier.atMs)) * 1000) / 10);
  }
  return percents;
}

function* sample(pids: readonly Pid[], procRoot: string): Generator<void, ReadonlyMap<Pid, Sample>> {
  const samples = new Map<Pid, Sample>();
  for (const pid of pids) {
    const stat = readStat(`${procRoot}/${pid}/stat`);
    if (stat) {
      const { startTimeTicks, cpuTimeTicks } = stat;
      samples.set(pid, { startTimeTicks, cpuTimeTicks, atMs: performance.now() });
    }
    yield;
  }
  return samples;
}
