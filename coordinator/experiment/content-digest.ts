/** The digest of what is promoted from stage to stage. */

import { canonicalJson } from '../../proto/canonical-json.ts';
import type { RollbackAction } from '../../proto/rollback-action.ts';
import { sha256Of } from '../../shared/digest.ts';
import type { Experiment, Probe, Step, StepTargets } from '../core/experiment.ts';

/**
 * "sha256:…" over everything that the file says, prose included, except its parameters. A parameter says where, and
 * never what; these are all of them:
 *
 * - `stage`;
 * - `labels` and `names` of `targets.hosts`, of a step's own as well, and of the hosts that a probe looks at;
 * - where a probe, a load or a rollback call goes: its `url`, `address`, `host` and `port`;
 * - the `seed` of a draw;
 * - `ticket`: each stage has its own.
 *
 * Comments and layout are not part of what a file says. Any other edit makes another experiment, which has passed
 * nothing yet.
 */
export function contentDigest(experiment: Experiment): string {
  const { stage: _stage, ticket: _ticket, ...content } = experiment;
  return sha256Of(
    canonicalJson({
      ...content,
      format: 1,
      targets: targetsContent(experiment.targets),
      probes: experiment.probes.map(probeContent),
      method: experiment.method.map(({ steps }) => steps.map(stepContent)),
      steadyState: experiment.steadyState.map(withoutLine),
      abort: experiment.abort.map(withoutLine),
      ...(experiment.detectors ? { detectors: experiment.detectors.map(withoutLine) } : {}),
      rollback: experiment.rollback?.map(rollbackContent),
    }),
  );
}

function targetsContent({ hosts, processes }: StepTargets): object {
  if (!processes) return { hosts: hosts.choice };
  return { hosts: hosts.choice, processes: { ...processes, choice: { ...processes.choice, seed: undefined } } };
}

function probeContent({ source, ...probe }: Probe): object {
  return { ...probe, source: { ...source, ...nowhere, hosts: undefined } };
}

function stepContent(step: Step): object {
  if (step.kind === 'load') return { ...withoutLine(step), url: undefined };
  return step.kind === 'fault' ? { ...withoutLine(step), targets: targetsContent(step.targets) } : step;
}

function rollbackContent(action: RollbackAction): object {
  return action.kind === 'http-call' ? { ...action, ...nowhere } : action;
}

const nowhere = { url: undefined, address: undefined, host: undefined, port: undefined };

function withoutLine(written: object): object {
  return { ...written, line: undefined };
}
