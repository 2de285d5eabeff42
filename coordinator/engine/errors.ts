/** What the engine says no with. */
import type { GateVerdict } from '../core/gate-verdict.ts';

/** Refused by gates, each with its number and bound. Nothing was touched. */
export class RunRefused extends Error {
  constructor(readonly verdicts: readonly GateVerdict[]) {
    super(verdicts.map((verdict) => `${verdict.gate}: ${verdict.message}`).join('; '));
    this.name = 'RunRefused';
  }
}

export class UnknownRun extends Error {
  constructor(readonly runId: string) {
    super(`there is no run ${runId}`);
    this.name = 'UnknownRun';
  }
}
