/** The plan stays within the blast radius that the experiment sets itself: what runs at the same time counts together. */
import { exceededBounds } from '../core/blast-radius.ts';
import { aimedServices } from '../core/claims.ts';
import { type HostPlan, reachOf } from '../core/plan.ts';
import type { Gate, GateInput } from './gate.ts';

export const blastRadius: Gate = {
  name: 'blast-radius',
  when: 'start-and-step',
  evaluate(input) {
    const { experiment, fleetSize } = input;
    const groups = plansByGroup(input).map((plans) => reachOf(plans, (host) => labelsOf(input, host)));
    // What an experiment depends on counts: it is in reach of whatever goes wrong.
    const services = [...aimedServices(experiment, input.hosts), ...experiment.dependsOn];
    const refusals = groups.flatMap((reach) => exceededBounds(experiment.blastRadius, reach, fleetSize, services));
    const hosts = Math.max(0, ...groups.map((reach) => reach.length));
    const processes = Math.max(0, ...groups.flatMap((reach) => reach.map((each) => each.processes)));
    const found = `at most ${hosts} of ${fleetSize} hosts at a time, at most ${processes} processes on each`;
    const remedies = ['aim at fewer, or widen blastRadius in the file: a wider one is another scope to approve'];
    return { refusals: [...new Set(refusals)], found, remedies };
  },
};

function plansByGroup({ experiment, plans }: GateInput): readonly (readonly HostPlan[])[] {
  return experiment.method
    .map((group) => group.steps.map((step) => step.number))
    .map((numbers) => plans.filter((plan) => numbers.includes(plan.stepNumber)));
}

function labelsOf({ hosts }: GateInput, name: string): Readonly<Record<string, string>> {
  return hosts.find((host) => host.name === name)?.labels ?? {};
}
