/** Each host has looked at its part of the plan, and would accept it. */
import type { HostPlan } from '../core/plan.ts';
import type { Gate } from './gate.ts';

export const hostLimits: Gate = {
  name: 'host-limits',
  when: 'start-and-step',
  evaluate({ plans, hosts: known }) {
    const hosts = new Set(plans.map((plan) => plan.host)).size;
    const bounds = known.flatMap(({ name, durationMax }) =>
      durationMax ? [`${durationMax.split(';')[0]} on ${name}`] : [],
    );
    const remedies = ["ask for less, or change the host's own policy there: nothing remote loosens it"];
    return {
      refusals: plans.flatMap(refusalsOf),
      remedies,
      found: `${hosts} hosts would accept ${plans.length} injects${bounds.length > 0 ? `; a fault lasts at most ${bounds.join(', ')}` : ''}`,
    };
  },
};

function refusalsOf({ host, stepNumber, outcome }: HostPlan): readonly string[] {
  const where = `${host}, step ${stepNumber}`;
  if (outcome.kind === 'failed') return [`${where}: could not plan: ${outcome.error}`];
  return outcome.refusals.map((refusal) => `${where}: ${refusal.message} (${refusal.reason})`);
}
