/** Asks, while a run goes on, whether it burns the error budget too fast. Not to know is to abort, after a few tries. */
import { burnsTooFast } from '../core/error-budget.ts';
import type { Experiment } from '../core/experiment.ts';
import type { EnginePorts } from './ports.ts';

export interface BurnWatchContext extends Pick<EnginePorts, 'clock' | 'errorBudgets'> {
  readonly experiment: Experiment;
  isInjecting(): boolean;
  onBurn(detail: string): void;
}

const askEveryMs = 5000;
const failuresMax = 3;

/** @returns a function that ends it. */
export function startBurnWatch({ clock, errorBudgets, experiment, isInjecting, onBurn }: BurnWatchContext): () => void {
  if (!errorBudgets) return () => {};
  let failures = 0;
  let isStopped = false;
  let cancel = clock.after(askEveryMs, look);

  function look(): void {
    if (isStopped || !errorBudgets) return;
    cancel = clock.after(askEveryMs, look);
    if (!isInjecting()) return;
    errorBudgets.burnsOf(experiment).then(
      (burns) => {
        failures = 0;
        const fast = burns.find(burnsTooFast);
        if (fast && !isStopped) onBurn(burnText(fast));
      },
      (error: Error) => {
        failures += 1;
        if (failures >= failuresMax && !isStopped) onBurn(`the error budget is not known: ${error.message}`);
      },
    );
  }

  return () => {
    isStopped = true;
    cancel();
  };
}

function burnText({
  slo,
  long,
  short,
  rateMax,
}: {
  slo: string;
  long: number;
  short: number;
  rateMax: number;
}): string {
  const [one, other] = [long, short].map((rate) => rate.toFixed(1));
  return `slo ${slo} burns ${one} times as fast as its budget allows over the long window and ${other} over the short one, at most ${rateMax} allowed`;
}
