/** What the runs of one entry say together, over time. */
import type { RunDocument } from '../client/run-document.ts';

export interface RunTrend {
  readonly runId: string;
  readonly stage: string;
  readonly atUnixMs: number;
  readonly result: string;
  /** Mean time to recovery over its targets: until a successor was there, or until it was seen to run on; null without any. */
  readonly recoveryMs: number | null;
  readonly findings: number;
}

export interface Trend {
  /** Oldest first. */
  readonly runs: readonly RunTrend[];
  readonly judged: number;
  readonly deviated: number;
  /** Over all runs that have one; null without any. */
  readonly meanRecoveryMs: number | null;
}

/** @param runs of one entry, in any order. Runs that were refused touched nothing, and say nothing. */
export function trendOf(runs: readonly RunDocument[]): Trend {
  const ended = runs
    .filter((run) => run.phase === 'ended' && run.result !== 'refused')
    .sort((one, other) => one.submittedAtUnixMs - other.submittedAtUnixMs);
  const trends = ended.map(runTrend);
  return {
    runs: trends,
    judged: ended.filter(({ result }) => result === 'held' || result === 'deviated').length,
    deviated: ended.filter(({ result }) => result === 'deviated').length,
    meanRecoveryMs: mean(trends.flatMap(({ recoveryMs }) => recoveryMs ?? [])),
  };
}

function runTrend(run: RunDocument): RunTrend {
  const recoveries = run.faults.flatMap(({ receipt }) =>
    receipt ? receipt.targets.map((target) => target.respawnMs ?? receipt.restoredMs) : [],
  );
  return {
    runId: run.runId,
    stage: run.stage,
    atUnixMs: run.submittedAtUnixMs,
    result: run.result ?? run.phase,
    recoveryMs: mean(recoveries),
    findings: run.learnings.reduce((sum, learning) => sum + learning.findings.length, 0),
  };
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}
