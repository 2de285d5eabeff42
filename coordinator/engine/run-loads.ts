/** The loads of all runs: begun when their group begins, stopped when their run ends. */
import type { LoadStep } from '../core/experiment.ts';
import { nothingDriven } from '../core/load-outcome.ts';
import type { DrivenLoad, EnginePorts } from './ports.ts';
import type { RunKeeper } from './run-keeper.ts';

export interface RunLoads {
  drive(runId: string, step: LoadStep): void;
  stop(runId: string): void;
}

export function createRunLoads({ load }: Pick<EnginePorts, 'load'>, keeper: RunKeeper): RunLoads {
  const driven = new Map<string, Set<DrivenLoad>>();
  return {
    drive(runId, step) {
      const ended = (outcome: Awaited<DrivenLoad['ended']>): void =>
        keeper.dispatch(runId, { type: 'load-ended', stepNumber: step.number, outcome });
      // Between the record and this instant the run may have ended.
      if (!load || keeper.get(runId)?.life.phase !== 'running') {
        return ended({ ...nothingDriven, error: 'not begun: the run had ended' });
      }
      const own = driven.get(runId) ?? new Set();
      driven.set(runId, own);
      const each = load.drive(step, runId);
      own.add(each);
      void each.ended.then((outcome) => {
        own.delete(each);
        if (own.size === 0) driven.delete(runId);
        ended(outcome);
      });
    },
    stop(runId) {
      for (const each of driven.get(runId) ?? []) each.stop();
    },
  };
}
