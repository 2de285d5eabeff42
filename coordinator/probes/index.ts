/** Asks probes, whatever their kind. */
import type { Probe } from '../core/experiment.ts';
import type { ProbeSample } from '../core/probe-window.ts';
import { probeKinds } from './kinds.ts';
import type { ProbeKind, ProbeSurroundings } from './probe-kind.ts';

/** Asks once. Never rejects, and answers within the probe's own timeout. */
export type SampleProbe = (probe: Probe, previous?: ProbeSample) => Promise<ProbeSample>;

export function createProbeSampler(surroundings: ProbeSurroundings): SampleProbe {
  return (probe, previous) => {
    const kind: ProbeKind = probeKinds[probe.source.kind] as unknown as ProbeKind;
    return kind.sample(probe.source, { probe, surroundings, previous });
  };
}
