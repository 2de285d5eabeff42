/** Nothing runs while the coordinator or a host of the plan is halted. */
import type { Gate } from './gate.ts';

export const halted: Gate = {
  name: 'halted',
  when: 'start-and-step',
  evaluate({ latch, hosts }) {
    const own = latch.isHalted
      ? [`the fleet is halted (${because(latch.reason, latch.by)}); \`leash rearm\` releases it`]
      : [];
    const theirs = hosts
      .filter((host) => host.isHalted)
      .map((host) => `${host.name} is halted (${because(host.haltReason)}); \`leash rearm\` releases it`);
    const remedies = ['find out why it was halted, then leash rearm'];
    return { refusals: [...own, ...theirs], remedies, found: 'neither the fleet nor a host of the plan is halted' };
  },
};

function because(reason: string, by = ''): string {
  return [reason || 'no reason was given', by && `by ${by}`].filter(Boolean).join(', ');
}
