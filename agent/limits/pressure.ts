/** A host on which others wait already is left alone (Documentation/accounting/psi.rst of the kernel, "some avg10"). */
import type { HostPolicy } from '../core/policy.ts';
import { type HostFigures, type Limit, no } from './limit.ts';

const resources = ['cpu', 'memory', 'io'] as const;

export const pressureLimit: Limit = {
  name: 'pressureMax',
  summary: 'share of ten seconds in which somebody waits for a resource, above which nothing is injected',
  shown: (policy) => resources.map((resource) => `${resource} ${boundOf(policy, resource)}%`).join(', '),
  seen: (_policy, host) =>
    resources.map((resource) => `${resource} ${figureText(host.pressurePercent[resource])}`).join(', '),
  refusals: (_proposal, { policy, host }) =>
    resources.flatMap((resource) => {
      const bound = boundOf(policy, resource);
      // Nothing is above it, so it need not be known: a kernel may have no such figures.
      if (bound === 100) return [];
      const limit = `pressureMax.${resource}`;
      const value = host.pressurePercent[resource];
      if (value === undefined || Number.isNaN(value)) {
        const message = `the pressure on ${resource} cannot be read here, at most ${bound}% allowed by ${limit}; boot with psi=1, or write ${limit}: 100%`;
        return no(limit, 'host-too-busy', message, { bound: `${bound}%` });
      }
      if (value <= bound) return [];
      const message = `${value}% of the last ten seconds somebody waited for ${resource}, at most ${bound}% allowed by ${limit}`;
      return no(limit, 'host-too-busy', message, { value: `${value}%`, bound: `${bound}%` });
    }),
};

function boundOf({ pressureMax }: HostPolicy, resource: (typeof resources)[number]): number {
  return pressureMax[`${resource}Percent`];
}

function figureText(percent: HostFigures['pressurePercent']['cpu']): string {
  return percent === undefined ? 'cannot be read' : `${percent}%`;
}
