/** Enough people other than the submitter have said yes to just this scope, and not too long ago. */
import { judgeApprovals, short } from '../core/approval.ts';
import type { Gate, GateInput } from './gate.ts';

const lostShownMax = 4;

export const approval: Gate = {
  name: 'approval',
  when: 'start-and-step',
  isWaitedFor: true,
  async evaluate(input) {
    const { experiment, permits, scopeDigest } = input;
    const { stage } = experiment;
    const rules = permits?.rules.approvals[stage];
    if (!permits || !rules) {
      const refusals = stage.startsWith('production') ? [`${stage} needs approvals, and none are kept here`] : [];
      return { refusals, found: `not asked in ${stage}`, remedies: ['run it in development or staging'] };
    }
    if (rules.approvers === 0) return { refusals: [], found: `not asked in ${stage}` };
    if (input.moment === 'step') return scopeUnchanged(input);
    const submittedBy = permits.submittedBy ?? input.asker?.name ?? '';
    const { approvals, people, isEnough } = judgeApprovals({
      approvals: await permits.approvals(),
      ...(input.runId === undefined ? {} : { runId: input.runId }),
      scopeDigest,
      submittedBy,
      rules,
      nowUnixMs: permits.nowUnixMs,
      personOf: permits.personOf,
    });
    const given = people.length > 0 ? ` (${people.join(', ')})` : '';
    if (isEnough)
      return {
        refusals: [],
        found: `${people.length} of ${rules.approvers} approvals of ${short(scopeDigest)}${given}`,
      };
    const lost = approvals
      .filter((each) => each.voidBecause !== '')
      .map((each) => `that of ${each.by} does not count: ${each.voidBecause}`);
    return {
      refusals: [
        `${people.length} of ${rules.approvers} approvals of ${short(scopeDigest)}${given}, by others than ${submittedBy || 'whoever submits it'}`,
        // The newest tell enough: an experiment that has run a hundred times has two hundred old ones.
        ...[...new Set(lost)].slice(-lostShownMax),
      ],
      found: '',
      remedies: [
        input.runId === undefined
          ? `leash submit FILE, then leash approve RUN by ${rules.approvers} others, then leash start RUN`
          : `leash approve ${input.runId} by ${rules.approvers - people.length} more`,
      ],
    };
  },
};

/** Once started, what was approved must stay what is done: processes may change, hosts may not. */
function scopeUnchanged({ scopeDigest, permits }: GateInput) {
  const approved = permits?.approvedScope ?? '';
  const refusals =
    approved === scopeDigest ? [] : [`the scope is ${short(scopeDigest)} now, and ${short(approved)} was approved`];
  return { refusals, found: `${short(scopeDigest)}, as approved`, remedies: ['submit it again, and have it approved'] };
}
