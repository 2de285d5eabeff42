/** The digest of what people approve. */

import { canonicalJson } from '../../proto/canonical-json.ts';
import { sha256Of } from '../../shared/digest.ts';
import type { Experiment, Step } from '../core/experiment.ts';

/**
 * "sha256:…" over everything that decides what may happen where: name, stage, hosts, selectors and choices, blast
 * radius, faults with parameters and durations, probes, rules, detectors, dependencies, times. It holds no pid, so it outlives a
 * deploy. Prose (goal, hypothesis, runbook), owner, labels and line numbers change nothing that happens and are left
 * out: correcting a sentence does not void an approval.
 */
export function scopeDigest(experiment: Experiment, hostNames: readonly string[]): string {
  return sha256Of(scopeText(experiment, hostNames));
}

/** What the digest is of. A host with a pinned key reads it: a change here is a change of `agent/core/signed-scope.ts`. */
export function scopeText(experiment: Experiment, hostNames: readonly string[]): string {
  const {
    owner: _owner,
    labels: _labels,
    goal: _goal,
    hypothesis: _hypothesis,
    runbook: _runbook,
    ...decisive
  } = experiment;
  const scope = {
    ...decisive,
    format: 1,
    hostNames: [...new Set(hostNames)].sort(),
    steadyState: experiment.steadyState.map(withoutLine),
    abort: experiment.abort.map(withoutLine),
    ...(experiment.detectors ? { detectors: experiment.detectors.map(withoutLine) } : {}),
    method: experiment.method.map((group) => group.steps.map((step: Step) => withoutLine(step))),
  };
  return canonicalJson(scope);
}

function withoutLine<Written extends object>(written: Written): Omit<Written, 'line'> {
  const { line: _line, ...rest } = written as Written & { line?: number };
  return rest as Omit<Written, 'line'>;
}
