/** A whole world for one engine: agents, network, store, probes and time, all in memory. */
import type { Experiment, FaultStep, Probe, Step } from '../../../coordinator/core/experiment.ts';
import type { ProbeSample } from '../../../coordinator/core/probe-window.ts';
import { createEngine } from '../../../coordinator/engine/engine.ts';
import type { Engine } from '../../../coordinator/engine/engine-api.ts';
import type { CompiledRule, EnginePorts, RuleReference } from '../../../coordinator/engine/ports.ts';
import { gates } from '../../../coordinator/gates/index.ts';
import { FakeAgent, type FakeAgentOptions } from './fake-agent.ts';
import { createFakeFleet, type FakeFleet } from './fake-fleet.ts';
import { createFakeStore, type FakeStore } from './fake-store.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export interface World {
  readonly clock: VirtualClock;
  readonly fleet: FakeFleet;
  readonly store: FakeStore;
  readonly engine: Engine;
  /** What the probes show from now on; undefined: they do not answer. */
  service: { isUp: boolean; latencyMs: number } | undefined;
  /** Experiments by the name of their file. */
  readonly files: Map<string, Experiment>;
  readonly warnings: string[];
  /** The coordinator dies at once, and another starts over the same store. */
  restart(): Promise<void>;
  /** Submits and starts. */
  run(experiment: Experiment): Promise<string>;
}

export const file = { name: 'test.yaml', text: '' };

export async function createWorld(
  hosts: Record<string, FakeAgentOptions> = { 'host-a': {} },
  /** Whether runs take zones and services. */
  { hasClaims = false, ports: more = {} }: { readonly hasClaims?: boolean; readonly ports?: Partial<EnginePorts> } = {},
): Promise<World> {
  const clock = createVirtualClock();
  const agents = Object.entries(hosts).map(([name, options]) => new FakeAgent(name, clock, options));
  const fleet = createFakeFleet(clock, agents);
  const store = createFakeStore();
  const files = new Map<string, Experiment>();
  const warnings: string[] = [];
  let runs = 0;
  let life = 0;
  const ports = (): EnginePorts => {
    const own = ++life;
    // A coordinator that died hears no timer, no event and no answer any more.
    const alive = <Value>(promise: Promise<Value>): Promise<Value> =>
      new Promise((resolve, reject) => {
        promise.then(
          (value) => own === life && resolve(value),
          (error) => own === life && reject(error),
        );
      });
    return {
      clock: { ...clock, after: (ms, call) => clock.after(ms, () => own === life && call()) },
      fleet: {
        ...fleet,
        describe: (host) => alive(fleet.describe(host)),
        plan: (host, step, stage) => alive(fleet.plan(host, step, stage)),
        inject: (host, order) => alive(fleet.inject(host, order)),
        renew: (host, renewals) => alive(fleet.renew(host, renewals)),
        restore: (host, scope, reason) => alive(fleet.restore(host, scope, reason)),
        subscribe: (listen) => fleet.subscribe((host, event) => own === life && listen(host, event)),
      },
      store,
      gates,
      experiments: {
        load: (name) => {
          const found = files.get(name);
          if (!found) throw new Error(`no file ${name}`);
          return found;
        },
        scopeDigest: (experiment, names) => `scope:${experiment.name}:${[...names].sort().join()}`,
        compileRule: (text) => compile(text),
      },
      sample: async (probe) => sampleOf(world, probe),
      ...(hasClaims ? { programme: store.programme } : {}),
      digest: (text) => `digest(${text})`,
      isOwnRunId: (runId) => runId.startsWith('run-'),
      newRunId: () => `run-${String(++runs).padStart(4, '0')}`,
      warn: (message, error) => void warnings.push(`${message}: ${(error as Error).message}`),
      ...more,
    };
  };
  const world: World = {
    clock,
    fleet,
    store,
    files,
    warnings,
    service: { isUp: true, latencyMs: 10 },
    engine: undefined as never,
    async restart() {
      const starting = createEngine(ports());
      await clock.until(settledBy(starting, (engine) => Object.assign(world, { engine })));
    },
    async run(experiment) {
      files.set(file.name, experiment);
      const submitted = await during(clock, world.engine.submit(file, 'alice'));
      await during(clock, world.engine.start(submitted.run.facts.runId, 'alice'));
      return submitted.run.facts.runId;
    },
  };
  await world.restart();
  return world;
}

/** Lets time pass until the promise is settled. */
export async function during<Value>(clock: VirtualClock, promise: Promise<Value>): Promise<Value> {
  await clock.until(settledBy(promise));
  return promise;
}

function settledBy<Value>(promise: Promise<Value>, take: (value: Value) => void = () => undefined): () => boolean {
  let isSettled = false;
  promise.then(
    (value) => {
      take(value);
      isSettled = true;
    },
    () => {
      isSettled = true;
    },
  );
  return () => isSettled;
}

async function sampleOf(world: Pick<World, 'clock' | 'service'>, probe: Probe): Promise<ProbeSample> {
  const { clock } = world;
  const { service } = world;
  await new Promise<void>((resolve) => void clock.after(service?.latencyMs ?? probe.timeoutMs, resolve));
  const atMs = clock.bootMs();
  if (!service) return { atMs, isGood: false, detail: 'no answer' };
  return { atMs, isGood: service.isUp, latencyMs: service.latencyMs, detail: service.isUp ? '200' : '503' };
}

/** Rules of the form "probe.field > number" and "<"; "baseline.probe.field" multiplies the bound when it is named. */
function compile(text: string): CompiledRule {
  const match = /^(\w+)\.(\w+) ([<>]) ([\d.]+)( \* baseline)?$/.exec(text);
  if (!match) throw new Error(`not a rule of this test: ${text}`);
  const [, probe = '', field = '', operator, number, scaled] = match;
  return {
    evaluate(observed) {
      const read = (isBaseline: boolean): number | undefined => {
        const reference: RuleReference = { probe, field, isBaseline };
        const found = observed(reference);
        return found && found.ageMs < 5000 ? Number(found.value) : undefined;
      };
      const value = read(false);
      const baseline = scaled ? read(true) : 1;
      if (value === undefined || baseline === undefined)
        return { kind: 'no-data', trace: `no data: ${probe}.${field}` };
      const bound = Number(number) * baseline;
      const isTrue = operator === '>' ? value > bound : value < bound;
      return { kind: isTrue ? 'true' : 'false', trace: `${probe}.${field}=${value} ${operator} ${bound}` };
    },
  };
}

export const canary: Probe = {
  name: 'canary',
  everyMs: 1000,
  timeoutMs: 1000,
  source: { kind: 'http', url: 'http://127.0.0.1:1/', method: 'GET', status: { min: 200, max: 299 }, windowMs: 10_000 },
};

export function pause(number: number, more: Partial<FaultStep> = {}): FaultStep {
  return {
    kind: 'fault',
    number,
    fault: 'process.pause',
    parameters: {},
    durationMs: 30_000,
    reselect: false,
    consentIrreversible: false,
    targets: allHosts,
    line: number,
    ...more,
  };
}

export const allHosts: FaultStep['targets'] = {
  hosts: { labels: {}, names: [], choice: { mode: 'all' } },
  processes: { selector: { name: 'worker' }, choice: { mode: 'one', seed: 'seed' } },
};

export function experiment(groups: readonly (readonly Step[])[], more: Partial<Experiment> = {}): Experiment {
  return {
    name: 'test',
    owner: 'alice@example.com',
    labels: {},
    goal: '',
    hypothesis: '',
    runbook: '',
    stage: 'staging',
    dependsOn: [],
    blastRadius: {},
    targets: allHosts,
    preconditions: [],
    probes: [],
    baselineMs: 0,
    steadyState: [],
    recoveryMs: 0,
    method: groups.map((steps) => ({ steps })),
    abort: [],
    leaseTtlMs: 10_000,
    ...more,
  };
}
