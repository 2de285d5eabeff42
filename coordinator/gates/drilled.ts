/** Before production each abort rule was drilled: a breach of this very rule has ended a real hold on real hosts. */
import { inDays } from '../core/days.ts';
import { drillPassed } from '../core/drill-result.ts';
import type { AbortRule } from '../core/experiment.ts';
import type { RunState } from '../core/run.ts';
import type { Gate } from './gate.ts';

export const drilled: Gate = {
  name: 'drilled',
  when: 'start',
  async evaluate({ experiment, pastRuns, programme }) {
    if (!experiment.stage.startsWith('production')) return { refusals: [], found: 'needed for production only' };
    if (experiment.abort.length === 0) return { refusals: ['there is no abort rule, at least 1 is needed'], found: '' };
    const withinMs = programme.rules.drillWithinMs ?? Number.POSITIVE_INFINITY;
    const passed = (await pastRuns?.())?.filter(drillPassed) ?? [];
    const refusals = experiment.abort.flatMap((rule) => {
      const own = passed.filter((run) => isDrillOf(run, experiment.name, rule));
      const ageMs = programme.nowUnixMs - Math.max(...own.map(endedAtUnixMs));
      if (own.length > 0 && ageMs <= withinMs) return [];
      const when =
        own.length === 0
          ? 'was never drilled'
          : `was last drilled ${inDays(ageMs)} ago, at most ${inDays(withinMs)} count`;
      return [`the rule of line ${rule.line}, "${rule.text}", ${when}`];
    });
    const found = `${experiment.abort.length} rules were drilled${Number.isFinite(withinMs) ? ` within ${inDays(withinMs)}` : ''}`;
    return { refusals, found, remedies: ['leash drill abort FILE proves each rule on a real hold'] };
  },
};

function endedAtUnixMs({ life }: RunState): number {
  return life.phase === 'ended' ? life.endedAtUnixMs : Number.NEGATIVE_INFINITY;
}

function isDrillOf({ facts: { drill } }: RunState, experiment: string, { text, forMs }: AbortRule): boolean {
  return drill?.experiment === experiment && drill.rule.text === text && drill.rule.forMs === forMs;
}
