/** The probes: one file for each kind of source. */
import type { Probe } from '../core/experiment.ts';
import type { ProbeSample } from '../core/probe-window.ts';
import { sampleHttp } from './http.ts';

/** Asks once. Never rejects, and answers within the probe's own timeout. */
export function sampleProbe(probe: Probe, nowMs: () => number): Promise<ProbeSample> {
  switch (probe.source.kind) {
    case 'http':
      return sampleHttp(probe, nowMs);
  }
}
