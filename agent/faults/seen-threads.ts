/** What the threads of a target show: whether they are kept from running, and whether they run again. */
import type { SeenTarget, Sight, ThreadsSeen } from './fault-kind.ts';
import type { ParameterTable } from './parameter.ts';

/** `t` is a tracing stop, `T` a stop by signal (proc_pid_stat(5)). */
export function isStopState(state: string): boolean {
  return state === 't' || state === 'T';
}

/** "19 of 20 threads stopped: D1 t19", or "20 of 20 threads run: R2 S18" where none is. */
export function describeStates(states: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const state of [...states].sort()) counts.set(state, (counts.get(state) ?? 0) + 1);
  const letters = [...counts].map(([state, count]) => `${state}${count}`).join(' ');
  const stopped = states.filter(isStopState).length;
  const what =
    stopped === 0
      ? `${states.length} of ${states.length} threads run`
      : `${stopped} of ${states.length} threads stopped`;
  return `${what}: ${letters}`;
}

/** One entry per target: every thread of it runs again, or it is stopped as it was before, or it is gone. */
export function seeRunningAgain<Table extends ParameterTable>(sight: Sight<Table>): readonly SeenTarget[] {
  return sight.targets.map((target, index) =>
    seenAgain(sight.host.threads(target.identity), sight.wasStopped[index] ?? false),
  );
}

function seenAgain(seen: ThreadsSeen, wasStopped: boolean): SeenTarget {
  if (seen.kind === 'gone') return { outcome: 'gone', seen: 'it no longer exists', threads: 0, threadsRunning: 0 };
  const { states } = seen;
  const threads = states.length;
  const threadsRunning = states.filter((state) => !isStopState(state)).length;
  const counted = { seen: describeStates(states), threads, threadsRunning };
  if (threadsRunning === threads) return { ...counted, outcome: 'restored' };
  const isAsBefore = wasStopped && !states.includes('t');
  return { ...counted, outcome: isAsBefore ? 'stopped-before' : 'still-held' };
}
