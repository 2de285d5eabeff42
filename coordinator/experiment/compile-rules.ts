/** The rules of a file, each compiled once to see that it can be evaluated, with its line for messages. */

import { formatDurationMs } from '../../proto/quantity.ts';
import type { AbortRule, Probe, SteadyRule } from '../core/experiment.ts';
import type { Report } from './compile-targets.ts';
import type { WrittenExperiment } from './experiment-schema.ts';
import { compileRule, RuleProblem } from './rule.ts';
import type { Path } from './yaml-text.ts';

export interface RulesContext {
  readonly probes: readonly Probe[];
  readonly baselineMs: number;
  readonly methodMs: number;
  readonly recoveryMs: number;
  readonly report: Report;
  /** Reports at one character of the text at a path. */
  readonly reportInText: (path: Path, offset: number, message: string) => void;
  readonly lineOf: (path: Path) => number;
}

export function compileSteadyState(written: readonly string[], context: RulesContext): readonly SteadyRule[] {
  return written.map((text, index) => {
    const path: Path = ['steadyState', index];
    checkRule(text, path, context);
    return { text, line: context.lineOf(path) };
  });
}

export function compileAborts(
  written: NonNullable<WrittenExperiment['abort']>,
  context: RulesContext,
): readonly AbortRule[] {
  return written.map(({ when, for: forMs = 0, afterwards = false }, index) => {
    const path: Path = ['abort', index];
    checkRule(when, [...path, 'when'], context);
    const watchedMs = context.methodMs + (afterwards ? context.recoveryMs : 0);
    if (forMs > 0 && forMs >= watchedMs) {
      const remedy = afterwards ? 'make recovery longer' : 'shorten it, or say afterwards: true';
      const [asked, there] = [formatDurationMs(forMs), formatDurationMs(watchedMs)];
      context.report([...path, 'for'], `can never fire: it must hold for ${asked} of a run of ${there}; ${remedy}`);
    }
    return { text: when, forMs, line: context.lineOf([...path, 'when']), ...(afterwards ? { afterwards } : {}) };
  });
}

function checkRule(text: string, path: Path, { probes, baselineMs, reportInText }: RulesContext): void {
  try {
    compileRule(text, { probes, hasBaseline: baselineMs > 0 });
  } catch (error) {
    if (!(error instanceof RuleProblem)) throw error;
    reportInText(path, error.offset, error.message);
  }
}
