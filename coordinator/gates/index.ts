/** The gates, in the order in which their verdicts are told. */
import { blastRadius } from './blast-radius.ts';
import { concurrency } from './concurrency.ts';
import { drilled } from './drilled.ts';
import { errorBudget } from './error-budget.ts';
import type { Gate } from './gate.ts';
import { halted } from './halted.ts';
import { hostLimits } from './host-limits.ts';
import { hosts } from './hosts.ts';
import { preconditions } from './preconditions.ts';
import { stage } from './stage.ts';

export const gates: readonly Gate[] = [
  halted,
  hosts,
  stage,
  blastRadius,
  hostLimits,
  concurrency,
  preconditions,
  errorBudget,
  drilled,
];
