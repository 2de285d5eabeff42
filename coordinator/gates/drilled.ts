/** Before production each abort rule was drilled: a breach of this very rule has ended a real hold on real hosts. */
import { drillPassed } from '../core/drill-result.ts';
import type { AbortRule } from '../core/experiment.ts';
import type { RunState } from '../core/run.ts';
import type { Gate } from './gate.ts';

export const drilled: Gate = {
  name: 'drilled',
  when: 'start',
  async evaluate({ experiment, pastRuns }) {
    if (!experiment.stage.startsWith('production')) return { refusals: [], found: 'needed for production only' };
    if (experiment.abort.length === 0) return { refusals: ['there is no abort rule, at least 1 is needed'], found: '' };
    const passed = (await pastRuns?.())?.filter(drillPassed) ?? [];
    const refusals = experiment.abort
      .filter((rule) => !passed.some((run) => isDrillOf(run, experiment.name, rule)))
      .map(({ text, line }) => `the rule of line ${line}, "${text}", was never drilled: leash drill abort FILE`);
    return { refusals, found: `${experiment.abort.length} rules were drilled` };
  },
};

function isDrillOf({ facts: { drill } }: RunState, experiment: string, { text, forMs }: AbortRule): boolean {
  return drill?.experiment === experiment && drill.rule.text === text && drill.rule.forMs === forMs;
}
