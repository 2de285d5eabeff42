/** Every scenario that ever broke an invariant, in its shortest form: what a seed means changes, and these do not. */
import type { Scenario } from './scenario.ts';
import seeds from './seeds.json' with { type: 'json' };

export const failedBefore: readonly Scenario[] = seeds.map(({ scenario }) => scenario as Scenario);
