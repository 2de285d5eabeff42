/** Victims of a pause and of a slow-down that see it themselves, however it is bound. */
import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { ProcessIdentity } from '../../../proto/identity.ts';
import { until } from '../../rig/until.ts';
import { bootMs } from './agent.ts';
import { startStampingVictim, startVictim } from './victim.ts';

export interface Witness {
  readonly identity: ProcessIdentity;
  isInForce(): Promise<boolean>;
  isOver(): Promise<boolean>;
}

export const slowSharePercent = 20;

/** By the stamps of each of its threads. */
export async function witnessPause(): Promise<Witness> {
  const victim = await startStampingVictim({ threads: 5 });
  onTestFinished(() => victim.stop());
  const moved = async (): Promise<readonly boolean[]> => {
    const [before, after] = await twice(60, () => victim.stamps());
    return after.map((stamp, slot) => stamp > (before[slot] ?? stamp));
  };
  return {
    identity: victim.identity,
    isInForce: async () => !(await moved()).includes(true),
    isOver: async () => !(await moved()).includes(false),
  };
}

/** By how long the kernel lets it run. */
export async function witnessSlowness(): Promise<Witness> {
  const victim = await startVictim('busy.mjs');
  onTestFinished(() => victim.stop());
  const allowed = () => percentOf(300, () => scheduledMs(`/proc/${victim.identity.pid}/schedstat`));
  return {
    identity: victim.identity,
    isInForce: async () => (await allowed()) < 2 * slowSharePercent,
    isOver: async () => (await allowed()) > 90,
  };
}

/** Two readings, at least so far apart. */
export async function twice<Value>(apartMs: number, read: () => Value): Promise<readonly [Value, Value]> {
  const before = read();
  const readAtMs = bootMs();
  await until('the time between two readings', () => bootMs() - readAtMs >= apartMs);
  return [before, read()];
}

/** Of the time that passed. */
export async function percentOf(apartMs: number, readMs: () => number): Promise<number> {
  const [before, after] = await twice(apartMs, () => ({ atMs: bootMs(), ms: readMs() }));
  return (100 * (after.ms - before.ms)) / (after.atMs - before.atMs);
}

/** On a CPU and waiting for one: what it was allowed or wanted to run, however busy the machine is. */
export function scheduledMs(schedstatPath: string): number {
  const [ranNs, waitedNs] = readFileSync(schedstatPath, 'latin1').split(' ').map(Number);
  return ((ranNs ?? 0) + (waitedNs ?? 0)) / 1e6;
}
