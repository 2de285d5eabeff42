/** A run with all that belongs to it, whether it is kept here or only in the store. */
import type { RunState } from '../core/run.ts';
import type { RunView } from './engine-api.ts';
import { UnknownRun } from './errors.ts';
import type { EnginePorts } from './ports.ts';
import { withoutProgramme } from './programme-port.ts';
import type { RunKeeper } from './run-keeper.ts';

export interface RunViews {
  /** @throws UnknownRun */
  of(runId: string): Promise<RunView>;
  /** Newest first. */
  newest(runsMax: number): Promise<readonly RunState[]>;
}

export function createRunViews(
  { store, warn, programme = withoutProgramme }: Pick<EnginePorts, 'store' | 'warn' | 'programme'>,
  keeper: RunKeeper,
): RunViews {
  return {
    async of(runId) {
      const kept = keeper.get(runId);
      // Before anything is waited for: what was asked about may end meanwhile, and is then as it was.
      const events = kept ? [...(keeper.eventsOf(runId) ?? [])] : undefined;
      const run = kept ?? (await store.findRun(runId));
      if (!run) throw new UnknownRun(runId);
      const learnings = await programme.records.learnings(runId).catch((error: unknown) => {
        warn('findings could not be read', error);
        return [];
      });
      const link = programme.rules.traceLink?.replaceAll('{runId}', encodeURIComponent(runId));
      return {
        run,
        events: events ?? (await store.eventsOf(runId)),
        learnings,
        traceLinks: link === undefined ? [] : [link],
      };
    },
    async newest(runsMax) {
      // What is kept here is newer than the store, and there even when the store is not.
      const stored = await store.listRuns(runsMax).catch((error: unknown) => {
        warn('the store could not list runs', error);
        return [];
      });
      const byId = new Map([...stored, ...keeper.all()].map((run) => [run.facts.runId, run]));
      return [...byId.values()]
        .sort((one, other) => other.facts.submittedAtUnixMs - one.facts.submittedAtUnixMs)
        .slice(0, runsMax);
    },
  };
}
