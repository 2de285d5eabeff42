/** The method: groups of steps, numbered, with targets, parameters and durations filled in. */

import { nearMiss } from '../../proto/near-miss.ts';
import { parseDurationMs } from '../../proto/quantity.ts';
import type { JsonObject } from '../../proto/struct.ts';
import type { FaultStep, StepGroup, StepTargets, WaitStep } from '../core/experiment.ts';
import { compileLoad } from './compile-load.ts';
import { compileHosts, compileProcesses, type Report } from './compile-targets.ts';
import { stepKeyNames, type WrittenExperiment, type WrittenStep } from './experiment-schema.ts';
import type { WrittenLoadStep } from './load-schema.ts';
import type { Path } from './yaml-text.ts';

export interface MethodContext {
  readonly targets: StepTargets;
  readonly seed: string;
  readonly report: Report;
  /** Of a path of the file. */
  readonly lineOf: (path: Path) => number;
}

/** What `process.kill` does where the file is silent: SIGKILL after ten seconds, and no waiting for a successor. */
const killDefaultsMs = { grace: 10_000, respawnWithin: 0, keepKilling: 0, slack: 5_000 };
const longestMs = 24 * 3_600_000;

export function compileMethod(method: WrittenExperiment['method'], context: MethodContext): readonly StepGroup[] {
  let number = 0;
  return method.map((entry, index) => {
    const path: Path = ['method', index];
    if (isParallel(entry)) {
      const steps = entry.parallel.map((step, position) => {
        const own: Path = [...path, 'parallel', position];
        return isLoad(step) ? compileLoad(step, ++number, own, context) : compileStep(step, ++number, own, context);
      });
      return { steps };
    }
    if (isWait(entry))
      return { steps: [{ kind: 'wait', number: ++number, durationMs: entry.wait } satisfies WaitStep] };
    if (isLoad(entry)) return { steps: [compileLoad(entry, ++number, path, context)] };
    return { steps: [compileStep(entry, ++number, path, context)] };
  });
}

/** How long the method runs: its groups one after the other, each as long as its longest step. */
export function methodLengthMs(method: readonly StepGroup[]): number {
  return method.reduce((sum, group) => sum + Math.max(...group.steps.map((step) => step.durationMs)), 0);
}

type WrittenEntry = WrittenExperiment['method'][number];

function isParallel(entry: WrittenEntry): entry is { parallel: (WrittenStep | WrittenLoadStep)[] } {
  return 'parallel' in entry && Array.isArray(entry.parallel);
}

function isWait(entry: WrittenEntry): entry is { wait: number } {
  return 'wait' in entry && !('fault' in entry);
}

function isLoad(entry: WrittenEntry | WrittenLoadStep): entry is WrittenLoadStep {
  return 'load' in entry && !('fault' in entry);
}

function compileStep(written: WrittenStep, number: number, path: Path, context: MethodContext): FaultStep {
  const { fault, for: forMs, reselect, consent, expect, targets, ...rest } = written;
  const parameters: Record<string, (typeof rest)[string]> = { ...rest };
  refuseMistypedKeys(Object.keys(rest), path, context.report);
  if (expect) {
    parameters.respawnWithin = `${expect.respawnWithin}ms`;
    if (fault !== 'process.kill') context.report([...path, 'expect'], `goes with process.kill, not ${fault}`, 'key');
  }
  return {
    kind: 'fault',
    number,
    fault,
    parameters: parameters as JsonObject,
    durationMs: forMs ?? impliedDuration(fault, parameters, path, context.report),
    reselect: reselect ?? false,
    consentIrreversible: consent === 'irreversible',
    targets: stepTargets(fault, targets, path, context),
    line: context.lineOf(path),
  };
}

/** Unknown keys of a step are the fault's own, and only an agent knows those; but `resleect` is no parameter. */
function refuseMistypedKeys(keys: readonly string[], path: Path, report: Report): void {
  const longKeys = stepKeyNames.filter((name) => name.length > 4);
  for (const key of keys) {
    const meant = nearMiss(key, longKeys);
    if (meant !== undefined) report([...path, key], `is not a known key; did you mean "${meant}"?`, 'key');
  }
}

/** A kill is over when its target is gone and has come back; any other fault lasts as long as it is told to. */
function impliedDuration(
  fault: string,
  parameters: Readonly<Record<string, unknown>>,
  path: Path,
  report: Report,
): number {
  if (fault !== 'process.kill') {
    report(path, `for is required: how long ${fault} lasts, such as for: 30s`);
    return 0;
  }
  const read = (name: 'grace' | 'respawnWithin' | 'keepKilling'): number => {
    const value = parameters[name];
    if (value === undefined) return killDefaultsMs[name];
    try {
      return parseDurationMs(value, name, { minimum: 0, maximum: longestMs });
    } catch (error) {
      report([...path, name], (error as Error).message);
      return 0;
    }
  };
  return read('keepKilling') + read('grace') + read('respawnWithin') + killDefaultsMs.slack;
}

/** Faults named process.* are aimed at processes; the others are of the whole host and carry no selector. */
function stepTargets(
  fault: string,
  own: WrittenStep['targets'],
  path: Path,
  { targets, seed, report }: MethodContext,
): StepTargets {
  const hosts = own?.hosts ? compileHosts(own.hosts, [...path, 'targets', 'hosts'], report) : targets.hosts;
  const processesPath: Path = [...path, 'targets', 'processes'];
  const processes = own?.processes ? compileProcesses(own.processes, processesPath, seed, report) : targets.processes;
  if (!fault.startsWith('process.')) {
    if (own?.processes) report(processesPath, `${fault} is a fault of the whole host and takes no processes`);
    return { hosts };
  }
  if (!processes) report(path, `${fault} needs targets.processes`);
  return processes ? { hosts, processes } : { hosts };
}
