/**
 * Where the policy pins keys, nothing is injected that somebody with such a key has not signed for: this fleet, this
 * host, this stage, this time, these faults on these processes, so many runs. A coordinator cannot make one up, use one
 * again, or do more than it says.
 */
import { timeProblem } from '../../proto/intent.ts';
import type { RefusalReason } from '../../proto/refusal.ts';
import { claimProblem } from '../core/intent.ts';
import type { SignedStep } from '../core/signed-scope.ts';
import { type Limit, no, type Proposal, type ProposedIntent } from './limit.ts';

const name = 'intents';

export const signedIntentLimit: Limit = {
  name,
  summary: 'whose signature an inject must come with',
  shown: ({ intents }) =>
    intents ? `${intents.keys.length} ${intents.keys.length === 1 ? 'key' : 'keys'}, fleet ${intents.fleet}` : 'nobody',
  refusals(proposal, { policy, host }) {
    if (!policy.intents) return [];
    const { intent } = proposal;
    if (!intent || intent.seen.kind === 'absent') {
      return no(
        name,
        'intent-missing',
        `${policy.stage} on this host takes signed intents only, and none came with it`,
      );
    }
    if (intent.seen.kind === 'unusable') return no(name, 'intent-invalid', `the signed intent: ${intent.seen.detail}`);
    const { document, scope } = intent.seen;
    const wrong = (reason: RefusalReason, detail: string) =>
      detail === '' ? [] : no(name, reason, `the signed intent: ${detail}`);
    const place = [
      document.fleet === policy.intents.fleet
        ? ''
        : `it is for the fleet ${document.fleet}, and this is ${policy.intents.fleet}`,
      scope.hostNames.includes(intent.hostName)
        ? ''
        : `it is for ${scope.hostNames.join(', ')}, and this is ${intent.hostName}`,
      document.stage === policy.stage ? '' : `it is for ${document.stage}, and this host is in ${policy.stage}`,
      scope.stage === document.stage ? '' : `it is for ${document.stage}, and its scope for ${scope.stage}`,
    ];
    return [
      ...place.flatMap((detail) => wrong('intent-mismatch', detail)),
      ...wrong('intent-expired', timeProblem(document, host.unixMs)),
      ...wrong('intent-mismatch', stepProblem(proposal, intent)),
      ...wrong('intent-spent', spentProblem(proposal, intent)),
    ];
  },
};

/** The step of the scope that an inject is, the first that is free. Undefined where there is none. */
export function signedStepOf(proposal: Proposal): SignedStep | undefined {
  const { intent } = proposal;
  if (intent?.seen.kind !== 'signed') return undefined;
  const { document, scope, used } = intent.seen;
  const steps = scope.steps.filter((step) => differences(step, proposal, intent).length === 0);
  const { runId, key } = intent;
  return (
    steps.find((step) => claimProblem(used, { runsMax: document.runs, runId, step: step.number, key }) === '') ??
    steps[0]
  );
}

function stepProblem(proposal: Proposal, intent: ProposedIntent): string {
  if (signedStepOf(proposal) || intent.seen.kind !== 'signed') return '';
  const { steps } = intent.seen.scope;
  const nearest = [...steps].sort(
    (one, other) => differences(one, proposal, intent).length - differences(other, proposal, intent).length,
  )[0];
  const difference = nearest
    ? `; step ${nearest.number} has another ${differences(nearest, proposal, intent).join(' and another ')}`
    : '';
  return `${proposal.fault.kind} as asked is not in its scope${difference}`;
}

function spentProblem(proposal: Proposal, intent: ProposedIntent): string {
  const step = signedStepOf(proposal);
  if (!step || intent.seen.kind !== 'signed') return '';
  const { document, used } = intent.seen;
  const { runId, key } = intent;
  if (key !== '' && !/^[A-Za-z0-9][\w.-]*$/.test(runId))
    return 'it goes with the id of a run, and the inject names none';
  // A dry run outside of a run asks whether another one could begin.
  return claimProblem(used, { runsMax: document.runs, runId, step: step.number, key });
}

function differences(step: SignedStep, proposal: Proposal, intent: ProposedIntent): readonly string[] {
  const isSame: readonly (readonly [string, boolean])[] = [
    ['fault', step.fault === proposal.fault.kind],
    ['selector or choice', step.targeting === intent.targeting],
    ['parameter', step.parameters === intent.parameters],
    ['duration', proposal.durationMs <= step.durationMs],
    ['number of targets', proposal.targets.length <= intent.targetsMax],
    ['consent', step.isIrreversible || !intent.isConsentGiven],
    ['rollback', intent.seen.kind === 'signed' && isWithin(intent.rollback, intent.seen.scope.rollback)],
  ];
  return isSame.flatMap(([what, is]) => (is ? [] : [what]));
}

function isWithin(actions: readonly string[], signed: readonly string[]): boolean {
  return actions.every((action) => signed.includes(action));
}
