/** A file that fits the schema, to an experiment: defaults filled in, and what its keys say about each other checked. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../proto/canonical-json.ts';
import { suggestion } from '../../proto/near-miss.ts';
import type { RollbackAction } from '../../proto/rollback-action.ts';
import type { BlastRadius, Experiment, Probe, StepTargets } from '../core/experiment.ts';
import { compileDetectors } from './compile-detectors.ts';
import { compileMethod, methodLengthMs } from './compile-method.ts';
import { compileProbes } from './compile-probes.ts';
import { compileRollback } from './compile-rollback.ts';
import { compileAborts, compileSteadyState, type RulesContext } from './compile-rules.ts';
import { compileHosts, compileProcesses, type Report } from './compile-targets.ts';
import type { WrittenExperiment } from './experiment-schema.ts';
import type { Path } from './yaml-text.ts';

export interface Compilation {
  readonly report: Report;
  readonly reportInText: RulesContext['reportInText'];
  readonly lineOf: (path: Path) => number;
  /** What a playbook of this name comes to. */
  readonly playbook: (name: string, report: (message: string) => void) => readonly RollbackAction[];
}

const defaults = { leaseTtlMs: 10_000, recoveryMs: 10_000 };

/** The result means something only when nothing was reported. */
export function compileExperiment(written: WrittenExperiment, compilation: Compilation): Experiment {
  const { report, lineOf } = compilation;
  const recipes = (written.preconditions ?? []).flatMap(({ recipe }) => recipe ?? []);
  const seed = scopeSeed(written);
  const targets = compileTargets(written.targets, seed, report);
  const probes = compileProbes(written.probes ?? {}, targets.hosts, report);
  const method = compileMethod(written.method, { targets, seed, report, lineOf });
  const baselineMs = written.baseline ?? 0;
  if (baselineMs > 0 && probes.length === 0) report(['baseline'], 'a baseline needs at least one probe');
  const rules: RulesContext = {
    ...compilation,
    probes,
    baselineMs,
    methodMs: methodLengthMs(method),
    recoveryMs: written.recovery ?? (probes.length > 0 ? defaults.recoveryMs : 0),
  };
  return {
    name: written.metadata.name,
    owner: written.metadata.owner,
    labels: written.metadata.labels ?? {},
    goal: written.goal ?? '',
    hypothesis: written.hypothesis ?? '',
    runbook: written.runbook ?? '',
    stage: written.stage,
    dependsOn: written.dependsOn ?? [],
    blastRadius: compileBlastRadius(written.blastRadius ?? {}),
    targets,
    preconditions: compilePreconditions(written, probes, report),
    ...compileErrorBudgets(written),
    probes,
    baselineMs,
    steadyState: compileSteadyState(written.steadyState ?? [], rules),
    recoveryMs: rules.recoveryMs,
    method,
    abort: compileAborts(written.abort ?? [], rules),
    ...(written.detectors ? { detectors: compileDetectors(written.detectors, rules) } : {}),
    leaseTtlMs: written.lease ?? defaults.leaseTtlMs,
    ...(written.metadata.tier ? { tier: written.metadata.tier } : {}),
    ...(written.ticket === undefined ? {} : { ticket: written.ticket }),
    ...(recipes.length > 0 ? { recipes } : {}),
    ...(written.rollback ? { rollback: compileRollback(written.rollback, report, compilation.playbook) } : {}),
  };
}

/** Plan and run draw the same processes, and a changed method or selector draws anew. */
function scopeSeed({ metadata, stage, blastRadius, targets, method }: WrittenExperiment): string {
  const text = canonicalJson({ name: metadata.name, stage, blastRadius, targets, method });
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function compileTargets(written: WrittenExperiment['targets'], seed: string, report: Report): StepTargets {
  const hosts = compileHosts(written.hosts, ['targets', 'hosts'], report);
  if (!written.processes) return { hosts };
  return { hosts, processes: compileProcesses(written.processes, ['targets', 'processes'], seed, report) };
}

/** Unset never means unlimited: one host, and one process on it, unless the file says more. */
function compileBlastRadius(written: NonNullable<WrittenExperiment['blastRadius']>): BlastRadius {
  const isBounded = written.hosts !== undefined || written.hostsPercent !== undefined;
  const bounds = { ...(isBounded ? {} : { hosts: 1 }), processesPerHost: 1, ...written };
  return Object.fromEntries(Object.entries(bounds).filter(([, bound]) => bound !== undefined));
}

function compileErrorBudgets({ preconditions = [] }: WrittenExperiment): Pick<Experiment, 'errorBudgets'> {
  const errorBudgets = preconditions.flatMap(({ errorBudget }) => {
    if (!errorBudget) return [];
    const { slo, remainingMin } = errorBudget;
    return [{ slo, ...(remainingMin === undefined ? {} : { remainingMinPercent: remainingMin }) }];
  });
  return errorBudgets.length === 0 ? {} : { errorBudgets };
}

function compilePreconditions(
  { preconditions = [] }: WrittenExperiment,
  probes: readonly Probe[],
  report: Report,
): Experiment['preconditions'] {
  const known = probes.map((probe) => probe.name);
  return preconditions.flatMap(({ probe = '', recipe, errorBudget }, index) => {
    const path: Path = ['preconditions', index];
    if (probe === '' && (recipe !== undefined || errorBudget)) return [];
    if (recipe !== undefined) report(path, 'must have one of probe and recipe, not both');
    if (probe === '') report(path, 'probe, recipe or errorBudget is required');
    else if (!known.includes(probe)) {
      report([...path, 'probe'], `no probe is named "${probe}"${suggestion(probe, known)}`);
    }
    return [{ probe }];
  });
}
