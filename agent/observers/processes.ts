/** What processes use, for probes that watch for restarts and growth. */
import type { leash } from '../../proto/codec.ts';
import type { ProcessFacts } from '../core/process.ts';
import { tickMs } from '../host/read-stat.ts';

const shownMax = 200;

/** @param processes those that match, in order of pid; one that ends in between is left out. */
export async function observeProcesses(
  processes: readonly ProcessFacts[],
  nowBootMs: number,
): Promise<leash.v1.IProcessesSeen> {
  // A zombie uses nothing, and is no process that serves anyone.
  const live = processes.filter((process) => process.state !== 'Z' && process.state !== 'X');
  const shown = live.slice(0, shownMax);
  const usage = await usageOf(shown.map((process) => process.identity.pid));
  return {
    matched: live.length,
    processes: shown.flatMap(({ identity, name, residentBytes }) => {
      const used = usage.get(identity.pid);
      if (!used) return [];
      const ageMs = Math.max(0, nowBootMs - identity.startTimeTicks * tickMs);
      return [{ identity, name, residentBytes: used.memory || residentBytes, cpuPercent: used.cpu, ageMs }];
    }),
  };
}

interface Usage {
  readonly cpu: number;
  readonly memory: number;
}

/** Its first use starts a program (getconf), so the library is loaded when a probe first asks. */
async function usageOf(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>> {
  const { default: pidusage } = await import('pidusage');
  const looks = pids.map(async (pid): Promise<readonly [number, Usage] | undefined> => {
    try {
      const { cpu, memory } = await pidusage(pid);
      return [pid, { cpu, memory }];
    } catch {
      return undefined;
    }
  });
  return new Map((await Promise.all(looks)).filter((look) => look !== undefined));
}
