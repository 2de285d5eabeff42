/** One abort rule over time: when its breach began, when it was clear again, and when it has lasted long enough. */
import { formatDurationMs } from '../../proto/quantity.ts';
import { advanceBreach, type Breach, hasLasted, lastsAtMs } from './breach.ts';
import type { AbortRule } from './experiment.ts';

export interface RuleWatch {
  readonly breach: Breach;
  /** How often a change was told: a rule that flickers must not fill the run's history. */
  readonly told: number;
}

/** What a rule said of an instant. */
export interface RuleSight {
  /** Also where a value is missing, stale or not finite. */
  readonly isBreached: boolean;
  /** "errors=31 > (2 * baseline)=24 (line 12)" */
  readonly trace: string;
  /** Whether the rule counts in this phase of the run. */
  readonly isWatched: boolean;
}

export interface RuleNews {
  readonly watch: RuleWatch;
  /** A line for the run's history. */
  readonly note?: string;
  /** Why the run is to be aborted. */
  readonly abort?: string;
}

export const unwatched: RuleWatch = { breach: undefined, told: 0 };

const toldMax = 40;

export function advanceRule(watch: RuleWatch, rule: AbortRule, sight: RuleSight, nowMs: number): RuleNews {
  const { trace, isWatched } = sight;
  const breach = advanceBreach(watch.breach, isWatched && sight.isBreached, nowMs, isWatched ? rule.clearMs : 0);
  const next: RuleWatch = { ...watch, breach };
  if (hasLasted(breach, rule.forMs, nowMs)) return { watch: next, abort: `${trace}${lasting(rule)}` };
  if (!watch.breach && breach) return told(next, `${trace}; aborts when it lasts ${formatDurationMs(rule.forMs)}`);
  if (!watch.breach || breach) return { watch: next };
  const lastedMs = (watch.breach.clearSinceMs ?? nowMs) - watch.breach.sinceMs;
  const why = isWatched ? `clear again: ${trace}` : 'not watched any more';
  return told(next, `after ${formatDurationMs(lastedMs)} ${why}`);
}

/** When the rule fires, if nothing changes. */
export function ruleDueMs({ breach }: RuleWatch, rule: AbortRule): number | undefined {
  return lastsAtMs(breach, rule.forMs);
}

function told(watch: RuleWatch, note: string): RuleNews {
  const count = watch.told + 1;
  const next = { ...watch, told: count };
  if (count > toldMax) return { watch: next };
  return { watch: next, note: count === toldMax ? `${note}; further changes of this rule are not told` : note };
}

function lasting({ forMs }: AbortRule): string {
  return forMs > 0 ? ` for ${formatDurationMs(forMs)}` : '';
}
