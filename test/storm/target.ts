/** What a round aims at: the steady victim of its place, or one of its own that is never still. */
import { type StampingVictim, startVictim, type Victim } from '../host/harness/victim.ts';
import { scheduledNs, threadStates, tracersOf } from '../rig/proc.ts';
import { until } from '../rig/until.ts';
import type { Place } from './place.ts';
import type { Scenario, VictimName } from './scenario.ts';

export interface Target {
  readonly pid: number;
  /** Resolves when the target runs on: each of its own threads, by what it did after the instant. @throws Error */
  runsOn(afterNs: bigint, withinMs: number): Promise<number>;
  /** Ends what the round started. */
  end(): Promise<void>;
}

const programs: Readonly<Record<Exclude<VictimName, 'steady'>, string>> = {
  execs: 'exec-again.mjs',
  vforks: 'vfork-loop.mjs',
  clones: 'churn.mjs',
  exits: 'busy.mjs',
};

export async function targetOf(place: Place, scenario: Scenario): Promise<Target> {
  if (scenario.victim === 'steady') return steady(place.victim);
  const victim = await startVictim(programs[scenario.victim]);
  if (scenario.victim !== 'exits') return restless(victim);
  const killing = setTimeout(() => victim.child.kill('SIGKILL'), scenario.dice * 300);
  return mortal(victim, killing);
}

function steady(victim: StampingVictim): Target {
  return {
    pid: victim.identity.pid,
    runsOn: async (afterNs, withinMs) => {
      const lateMs = new Map<number, number>();
      await until(
        'every thread stamps',
        () => {
          for (const [thread, stamp] of victim.stamps().entries()) {
            if (stamp > afterNs && !lateMs.has(thread)) lateMs.set(thread, Number(stamp - afterNs) / 1e6);
          }
          return lateMs.size > victim.threads && isLeftAlone(victim.identity.pid);
        },
        withinMs,
      );
      return Math.max(...lateMs.values());
    },
    end: () => Promise.resolve(),
  };
}

/** It has no stamps of its own, so the kernel's count of its time on a CPU tells. */
function restless(victim: Victim): Target {
  const { pid } = victim.identity;
  return {
    pid,
    async runsOn(afterNs, withinMs) {
      let before = scheduledNs(pid);
      await until(
        'it runs',
        () => {
          const now = scheduledNs(pid);
          const hasRun = now !== before && isLeftAlone(pid);
          before = now;
          return hasRun;
        },
        withinMs,
      );
      return Number(process.hrtime.bigint() - afterNs) / 1e6;
    },
    end: () => victim.stop(),
  };
}

/** Killed in the middle of it: it must not stay a zombie that its parent cannot reap. */
function mortal(victim: Victim, killing: NodeJS.Timeout): Target {
  return {
    pid: victim.identity.pid,
    async runsOn(afterNs, withinMs) {
      const { child } = victim;
      await until('it was killed and reaped', () => child.exitCode !== null || child.signalCode !== null, withinMs);
      return Number(process.hrtime.bigint() - afterNs) / 1e6;
    },
    async end() {
      clearTimeout(killing);
      await victim.stop();
    },
  };
}

function isLeftAlone(pid: number): boolean {
  const states = threadStates(pid);
  const isStopped = states.some((state) => state === 't' || state === 'T');
  return states.length > 0 && !isStopped && tracersOf(pid).length === 0;
}
