/** A file that fits the schema, to an experiment: defaults filled in, and what its keys say about each other checked. */
import { createHash } from 'node:crypto';
import { suggestion } from '../../proto/near-miss.ts';
import type { BlastRadius, Experiment, Probe, StepTargets } from '../core/experiment.ts';
import { canonicalJson } from './canonical-json.ts';
import { compileMethod, methodLengthMs } from './compile-method.ts';
import { compileRollback } from './compile-rollback.ts';
import { compileAborts, compileSteadyState, type RulesContext } from './compile-rules.ts';
import { compileHosts, compileProcesses, type Report } from './compile-targets.ts';
import type { WrittenExperiment, WrittenProbe } from './experiment-schema.ts';
import type { Path } from './yaml-text.ts';

export interface Compilation {
  readonly report: Report;
  readonly reportInText: RulesContext['reportInText'];
  readonly lineOf: (path: Path) => number;
}

const defaults = { everyMs: 1000, timeoutMs: 1000, windowMs: 10_000, leaseTtlMs: 10_000, recoveryMs: 10_000 };

/** The result means something only when nothing was reported. */
export function compileExperiment(written: WrittenExperiment, compilation: Compilation): Experiment {
  const { report, lineOf } = compilation;
  const recipes = (written.preconditions ?? []).flatMap(({ recipe }) => recipe ?? []);
  const seed = scopeSeed(written);
  const targets = compileTargets(written.targets, seed, report);
  const probes = Object.entries(written.probes ?? {}).map(([name, probe]) => compileProbe(name, probe, report));
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
    probes,
    baselineMs,
    steadyState: compileSteadyState(written.steadyState ?? [], rules),
    recoveryMs: rules.recoveryMs,
    method,
    abort: compileAborts(written.abort ?? [], rules),
    leaseTtlMs: written.lease ?? defaults.leaseTtlMs,
    ...(written.metadata.tier ? { tier: written.metadata.tier } : {}),
    ...(recipes.length > 0 ? { recipes } : {}),
    ...(written.rollback ? { rollback: compileRollback(written.rollback, report) } : {}),
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

function compilePreconditions(
  { preconditions = [] }: WrittenExperiment,
  probes: readonly Probe[],
  report: Report,
): Experiment['preconditions'] {
  const known = probes.map((probe) => probe.name);
  return preconditions.flatMap(({ probe = '', recipe }, index) => {
    const path: Path = ['preconditions', index];
    if (recipe !== undefined && probe === '') return [];
    if (recipe !== undefined) report(path, 'must have one of probe and recipe, not both');
    if (probe === '') report(path, 'probe is required');
    else if (!known.includes(probe)) {
      report([...path, 'probe'], `no probe is named "${probe}"${suggestion(probe, known)}`);
    }
    return { probe };
  });
}

/** Words of CEL, and our own, that could not be told from a probe in a rule. */
const reservedNames = new Set(
  (
    'baseline and or not true false null in as break const continue else for function if import let loop package ' +
    'namespace return var void while int uint double bool string bytes list map type dyn duration timestamp size has'
  ).split(' '),
);

export function compileProbe(name: string, { http, every = defaults.everyMs }: WrittenProbe, report: Report): Probe {
  const path: Path = ['probes', name];
  if (reservedNames.has(name)) report(path, `"${name}" is a word of the rules; choose another name`);
  if (!http) report(path, 'http is required: { http: { url: … } }');
  const timeoutMs = http?.timeout ?? defaults.timeoutMs;
  const windowMs = http?.window ?? Math.max(defaults.windowMs, 3 * every);
  if (windowMs < every) report([...path, 'http', 'window'], 'must be at least as long as every');
  return {
    name,
    everyMs: every,
    timeoutMs,
    source: {
      kind: 'http',
      url: http?.url ?? '',
      method: http?.method ?? 'GET',
      status: statusRange(http?.status ?? '200-299', path, report),
      windowMs,
    },
  };
}

function statusRange(written: number | string, path: Path, report: Report): { min: number; max: number } {
  const [min = 0, max = min] = String(written).split('-').map(Number);
  if (min > max) report([...path, 'http', 'status'], `${written} ends before it begins`);
  return { min, max };
}
