/** A coordinator as a process of a simulated host: its engine and its fleet, over the simulated network. */
import type { Experiment } from '../../../coordinator/core/experiment.ts';
import type { ProbeSample } from '../../../coordinator/core/probe-window.ts';
import { createEngine } from '../../../coordinator/engine/engine.ts';
import type { Engine } from '../../../coordinator/engine/engine-api.ts';
import type { CompiledRule } from '../../../coordinator/engine/ports.ts';
import { compileRule } from '../../../coordinator/experiment/rule.ts';
import { openFleet } from '../../../coordinator/fleet/fleet.ts';
import { gates } from '../../../coordinator/gates/index.ts';
import { sha256Of } from '../../../shared/digest.ts';
import { wholeMs } from '../edge/node-timers.ts';
import { runningProcess } from '../world/process.ts';
import { createKeptStore, type Kept } from './coordinator-store.ts';

export interface CoordinatorPlan {
  /** What tells it from others: its runs' ids begin with it. */
  readonly id: string;
  readonly hosts: readonly string[];
  readonly kept: Kept;
  /** Answers within the timeout, by its own measure. */
  sample(atMs: number): ProbeSample;
}

const rules = new Map<string, CompiledRule>();

export async function runCoordinator(plan: CoordinatorPlan): Promise<Engine> {
  const process = runningProcess();
  const { host } = process;
  const clock = {
    bootMs: () => host.bootMs(),
    unixMs: () => host.unixMs(),
    after: (ms: number, call: () => void) => process.after(wholeMs(ms), call),
  };
  let runs = 0;
  return createEngine({
    clock,
    fleet: openFleet({
      hosts: plan.hosts.map((name) => ({
        name,
        address: { kind: 'tcp', host: name, port: 7443 },
        labels: {},
      })) as Parameters<typeof openFleet>[0]['hosts'],
      clock,
      credentialsFor: () => ({}) as never,
    }),
    store: createKeptStore(plan.kept),
    experiments: {
      load: (_name, text) => JSON.parse(text) as Experiment,
      scopeDigest: (experiment, names) => `scope:${experiment.name}:${[...names].sort().join()}`,
      compileRule(text, scope) {
        // To compile a rule costs more than a minute of a simulated world.
        const key = `${text} ${scope.hasBaseline} ${scope.probes.map(({ name }) => name).join()}`;
        const known = rules.get(key) ?? compileRule(text, scope);
        rules.set(key, known);
        return known;
      },
    },
    gates,
    sample: (probe) =>
      new Promise((resolve) => {
        const sample = plan.sample(host.bootMs());
        const tookMs = Math.min(Number.isFinite(sample.latencyMs) ? (sample.latencyMs as number) : 1, probe.timeoutMs);
        process.after(tookMs, () => resolve({ ...sample, atMs: host.bootMs() }));
      }),
    digest: sha256Of,
    newRunId: () => `run-${plan.id}-${Math.round(host.timeline.nowMs())}-${++runs}`,
    isOwnRunId: (runId) => runId.startsWith(`run-${plan.id}-`),
    warn: () => undefined,
  });
}
