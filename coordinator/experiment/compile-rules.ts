/** The rules of a file, each compiled once to see that it can be evaluated, with its line for messages. */

import { formatDurationMs } from '../../proto/quantity.ts';
import type { AbortRule, Probe, SteadyRule } from '../core/experiment.ts';
import type { Report } from './compile-targets.ts';
import type { WrittenExperiment } from './experiment-schema.ts';
import { compileRule, RuleProblem } from './rule.ts';
import { splitRule } from './rule-durations.ts';
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
    checkRule(text, 0, path, context);
    return { text, line: context.lineOf(path) };
  });
}

export function compileAborts(
  written: NonNullable<WrittenExperiment['abort']>,
  context: RulesContext,
): readonly AbortRule[] {
  return written.flatMap((rule, index) => compileAbort(rule, ['abort', index], context));
}

/** One rule, or one for each alternative that says for itself how long it must last. */
function compileAbort(
  { when, for: ownMs, clear: clearMs, afterwards = false }: NonNullable<WrittenExperiment['abort']>[number],
  path: Path,
  context: RulesContext,
): readonly AbortRule[] {
  const parts = attempt(() => splitRule(when), 0, [...path, 'when'], context) ?? [];
  if (ownMs !== undefined && parts.some((part) => part.forMs !== undefined)) {
    context.report([...path, 'for'], 'the rule says for itself how long it must last; give it once');
  }
  return parts.map(({ text, offset, forMs = ownMs ?? 0 }): AbortRule => {
    checkRule(text, offset, [...path, 'when'], context);
    const watchedMs = context.methodMs + (afterwards ? context.recoveryMs : 0);
    if (forMs > 0 && forMs >= watchedMs) {
      const remedy = afterwards ? 'make recovery longer' : 'shorten it, or say afterwards: true';
      const [asked, there] = [formatDurationMs(forMs), formatDurationMs(watchedMs)];
      const where = ownMs === undefined ? 'when' : 'for';
      context.report([...path, where], `can never fire: it must hold for ${asked} of a run of ${there}; ${remedy}`);
    }
    return {
      text,
      forMs,
      line: context.lineOf([...path, 'when']),
      ...(clearMs === undefined ? {} : { clearMs }),
      ...(afterwards ? { afterwards } : {}),
    };
  });
}

function checkRule(text: string, offset: number, path: Path, context: RulesContext): void {
  const { probes, baselineMs } = context;
  attempt(() => compileRule(text, { probes, hasBaseline: baselineMs > 0 }), offset, path, context);
}

function attempt<Result>(
  compile: () => Result,
  offset: number,
  path: Path,
  { reportInText }: RulesContext,
): Result | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof RuleProblem)) throw error;
    reportInText(path, offset + error.offset, error.message);
    return undefined;
  }
}
