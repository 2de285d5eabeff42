/** Enough of the error budget is left: of each SLO that the experiment names, and of each one of its service. */
import { remainingPercent } from '../core/error-budget.ts';
import type { Gate } from './gate.ts';

export const errorBudget: Gate = {
  name: 'error-budget',
  when: 'start',
  async evaluate({ experiment, errorBudgets }) {
    const asked = experiment.errorBudgets ?? [];
    if (!errorBudgets) {
      const names = asked.map(({ slo }) => slo).join(', ');
      const refusals = asked.length > 0 ? [`the budget of ${names} is not known: no SLOs are set up`] : [];
      return { refusals, found: 'no SLOs are set up' };
    }
    const { startMinPercent, floorMinPercent } = errorBudgets;
    const judged = (await errorBudgets.budgetsOf(experiment)).map((budget) => {
      const own = asked.find(({ slo }) => slo === budget.slo)?.remainingMinPercent;
      // An experiment may ask for more than its stage does, and for less down to the floor.
      const bound = Math.max(floorMinPercent, own ?? startMinPercent(experiment.stage));
      const left = remainingPercent(budget);
      return {
        isEnough: left >= bound,
        text: `slo ${budget.slo} has ${shown(left)} % of its budget left, at least ${shown(bound)} % needed`,
      };
    });
    return {
      refusals: judged.filter((each) => !each.isEnough).map((each) => each.text),
      found: judged.map((each) => each.text).join('; ') || 'no SLO is of this service',
    };
  },
};

function shown(percent: number): string {
  return String(Number(percent.toFixed(1)));
}
