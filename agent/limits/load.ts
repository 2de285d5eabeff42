/** A host that has more to do than it can is left alone. */
import { counted, type HostFigures, type Limit, no } from './limit.ts';

export const loadLimit: Limit = {
  name: 'loadMax',
  summary: 'load average of the last minute for each processor, above which nothing is injected',
  shown: ({ loadMax }) => `${loadMax} per processor`,
  seen: (_policy, host) => {
    const load = loadOf(host);
    return load === undefined ? 'cannot be read' : `${load} per processor`;
  },
  refusals(_proposal, { policy: { loadMax }, host }) {
    const load = loadOf(host);
    if (load === undefined) {
      return no(
        'loadMax',
        'host-too-busy',
        `the load cannot be read, at most ${loadMax} per processor allowed by loadMax`,
        {
          bound: loadMax,
        },
      );
    }
    if (load <= loadMax) return [];
    const message = `load ${load} per processor (${counted(host.cpus, 'processor')}), at most ${loadMax} allowed by loadMax`;
    return no('loadMax', 'host-too-busy', message, { value: load, bound: loadMax });
  },
};

/** To hundredths, as the kernel gives it. */
function loadOf({ loadAverage, cpus }: HostFigures): number | undefined {
  const load = loadAverage === undefined ? Number.NaN : loadAverage / cpus;
  return Number.isFinite(load) ? Math.round(load * 100) / 100 : undefined;
}
