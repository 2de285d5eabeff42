/** The very same experiment, parameters apart, has passed the stage before, and its rollback was rehearsed there. */
import { judgePromotion } from '../core/promotion.ts';
import type { Gate } from './gate.ts';

export const promotion: Gate = {
  name: 'promotion',
  when: 'start',
  evaluate({ experiment, programme }) {
    const { rules, contentDigest, passes, rehearsals, nowUnixMs } = programme;
    if (!rules.promotion) return { refusals: [], found: 'no programme is kept here' };
    const hasRollback = (experiment.rollback ?? []).length > 0;
    const wanted = { to: experiment.stage, contentDigest, hasRollback, passes, rehearsals, nowUnixMs };
    const { from, pass, rehearsal, reasons, remedies } = judgePromotion(wanted, rules.promotion);
    const rehearsed = rehearsal ? `, its rollback rehearsed (${rehearsal.rehearsalId})` : '';
    const found =
      from === undefined ? `${experiment.stage} is the first stage` : `passed ${from} as ${pass?.runId}${rehearsed}`;
    return { refusals: reasons, found, remedies };
  },
};
