/** A sampler with nothing around it, to put one thing into. */
import { createProbeSampler, type SampleProbe } from '../../../../coordinator/probes/index.ts';
import type { ProbeSurroundings } from '../../../../coordinator/probes/probe-kind.ts';

export function sampler(more: Partial<ProbeSurroundings> = {}): SampleProbe {
  return createProbeSampler({
    nowMs: () => performance.now(),
    unixMs: Date.now,
    programs: [],
    hosts: () => [],
    observe: () => Promise.reject(new Error('no host is here')),
    ...more,
  });
}
