/** A whole fleet in one process: hosts, agents, coordinators, operators, a network, and time. */
import type { Experiment } from '../../coordinator/core/experiment.ts';
import type { ProbeSample } from '../../coordinator/core/probe-window.ts';
import type { Engine } from '../../coordinator/engine/engine-api.ts';
import type { Peer } from '../../shared/peer.ts';
import { callAs, connectInternet } from './edge/grpc.ts';
import { forgetHandles } from './edge/node-fs-promises.ts';
import { runDirectory } from './programs/agent-program.ts';
import { runCoordinator } from './programs/coordinator-program.ts';
import { type Kept, nothingKept } from './programs/coordinator-store.ts';
import { stateDirectory } from './programs/readiness.ts';
import { type Random, randomOf } from './random.ts';
import type { AgentTraits, Scenario } from './scenario.ts';
import { createService, type Service } from './service.ts';
import { createWiretap } from './wiretap.ts';
import { Host } from './world/host.ts';
import { runMicrotasks } from './world/microtasks.ts';
import { Network } from './world/network.ts';
import { Observer } from './world/observer.ts';
import type { Process } from './world/process.ts';
import { createTimeline, type Timeline } from './world/timeline.ts';

export type WorldPlan = Pick<Scenario, 'seed' | 'agents' | 'coordinators'>;

export interface AgentHost {
  readonly host: Host;
  readonly service: Service;
}

export interface CoordinatorHost {
  readonly host: Host;
  readonly kept: Kept;
  readonly id: string;
  process: Process | undefined;
  engine: Engine | undefined;
  start(): void;
}

export type ServiceState = 'well' | 'slow' | 'refusing' | 'silent' | 'nan';

export interface World {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly observer: Observer;
  readonly network: Network;
  readonly agents: readonly AgentHost[];
  readonly coordinators: readonly CoordinatorHost[];
  /** Where people and tools are that speak to agents by themselves. */
  readonly desk: Host;
  /** Somebody's own program, with a certificate for that role. */
  tool(role: 'runner' | 'halter' | 'rearmer'): Process;
  service: ServiceState;
  /** When the service began to be what it is. */
  readonly serviceHistory: { readonly fromMs: number; readonly state: ServiceState }[];
  /** Runs that were submitted, with what their rule says. */
  readonly submitted: { readonly runId: string; readonly experiment: Experiment }[];
  /** How what lasts is undone: when its time is over, or when the calm begins. */
  readonly lasting: Set<() => void>;
  /** When each run was first said to be over. */
  readonly closed: Map<string, number>;
  /** A victim under its supervisor; it is started again when it ends. */
  spawnVictim(host: Host, reuse?: { readonly pid: number; readonly startTicks?: number }): void;
  boot(agent: AgentHost): void;
}

const startMs = 1_000_000;
const victimsPerHost = 4;
const farAwayMs = 4e12;

export function createWorld({ seed, agents, coordinators }: WorldPlan): World {
  const random = randomOf(seed);
  const timeline = createTimeline(startMs, runMicrotasks);
  const observer = new Observer(timeline.nowMs);
  const network = new Network(timeline, random.fork('network'));
  const hosts = new Map<string, Host>();
  forgetHandles();
  connectInternet({
    hostOf: (address) => hosts.get(address.split(':')[0] ?? ''),
    send: (from, to, deliver) => network.send(from, to, deliver),
    sendInOrder: (stream, from, to, deliver) => network.sendInOrder(stream, from, to, deliver),
    wiretap: createWiretap(observer, timeline.nowMs),
  });

  function hostCalled(name: string, pidMax = 32_768): Host {
    const own = random.fork(name);
    const host = new Host({ name, timeline, random: own, observer, pidMax, stage: 'staging', settle: runMicrotasks });
    hosts.set(name, host);
    return host;
  }

  function agentHost(traits: AgentTraits, index: number): AgentHost {
    const { canTrace, hasSupervisor, processesMax, faultsMax, survivorsMin, pidMax } = traits;
    const host = hostCalled(`host-${index + 1}`, pidMax);
    const policy = { processesMax, faultsMax, survivorsMin, injectsPerMinute: 20 };
    observer.hosts.push({ host: host.name, processesMax, faultsMax, survivorsMin });
    const service = createService({
      host,
      agent: { labels: { app: 'shop' }, canTrace, hasSupervisor, policy },
    });
    const agent = { host, service };
    world.boot(agent);
    return agent;
  }

  function coordinatorHost(index: number): CoordinatorHost {
    const host = hostCalled(`control-${index}`);
    const coordinator: CoordinatorHost = {
      host,
      kept: nothingKept((runId) => {
        if (!world.closed.has(runId)) world.closed.set(runId, timeline.nowMs());
      }),
      id: `c${index}`,
      process: undefined,
      engine: undefined,
      start() {
        if (coordinator.process?.isAlive) return;
        const process = host.spawn({ program: 'leash', parent: host.init, uid: 1 });
        coordinator.process = process;
        coordinator.engine = undefined;
        callAs(process, peerOf('coordinator', coordinator.id));
        process.onExit(() => timeline.at(timeline.nowMs() + host.random.between(500, 4000), () => coordinator.start()));
        process.soon(
          () => {
            const plan = {
              id: coordinator.id,
              hosts: [...hosts.keys()].filter((name) => name.startsWith('host-')),
              kept: coordinator.kept,
              sample: (atMs: number) => sampleOf(world.service, atMs),
            };
            runCoordinator(plan).then(
              (engine) => {
                coordinator.engine = engine;
                observer.ready(process);
              },
              (error: unknown) => {
                observer.accident(process, error);
                process.end('exit 1');
              },
            );
          },
          host.random.between(100, 300),
        );
      },
    };
    coordinator.start();
    return coordinator;
  }

  const world: World = {
    timeline,
    random,
    observer,
    network,
    agents: [],
    coordinators: [],
    desk: hostCalled('desk'),
    service: 'well',
    serviceHistory: [{ fromMs: startMs, state: 'well' }],
    submitted: [],
    lasting: new Set(),
    closed: new Map(),
    tool(role) {
      const process = world.desk.spawn({ program: `${role}-tool`, parent: world.desk.init, uid: 1000 });
      callAs(process, peerOf(role, 'alice'));
      return process;
    },
    spawnVictim(host, reuse) {
      if (!host.isUp) return;
      const process = host.spawn({ program: 'worker', parent: host.init, uid: 1000, ...reuse });
      const { bootId } = host;
      process.onExit(() => {
        timeline.at(timeline.nowMs() + host.random.between(20, 600), () => {
          const count = [...host.processes()].filter(
            (each) => each.plan.program === 'worker' && !each.plan.isProtected,
          ).length;
          if (host.bootId === bootId && count < victimsPerHost) world.spawnVictim(host);
        });
      });
    },
    boot({ host, service }) {
      if (!host.isUp) host.boot();
      host.spawn({ program: 'kthreadd', uid: 0, isKernelThread: true, isProtected: true });
      const sshd = host.spawn({ program: 'sshd', parent: host.init, uid: 0, isProtected: true });
      // Whoever has logged in is protected, whatever they call themselves.
      host.spawn({ program: 'worker', parent: sshd, uid: 1000, isProtected: true });
      for (let count = 0; count < victimsPerHost; count += 1) world.spawnVictim(host);
      service.start();
    },
  };
  Object.assign(world, {
    agents: agents.map(agentHost),
    coordinators: Array.from({ length: coordinators }, (_, index) => coordinatorHost(index + 1)),
  });
  return world;
}

export function losePower(host: Host): void {
  if (host.isUp) host.losePower(runDirectory);
}

export function readAudit(world: World, host: Host): void {
  world.observer.readAudit(host, `${stateDirectory}/audit.jsonl`);
}

function peerOf(role: 'coordinator' | 'runner' | 'halter' | 'rearmer', name: string): Peer {
  return { kind: 'certificate', principal: { trustDomain: 'test', role, name }, notAfterUnixMs: farAwayMs };
}

function sampleOf(state: ServiceState, atMs: number): ProbeSample {
  switch (state) {
    case 'well':
      return { atMs, isGood: true, latencyMs: 20, detail: '200' };
    case 'slow':
      return { atMs, isGood: true, latencyMs: 900, detail: '200' };
    case 'refusing':
      return { atMs, isGood: false, detail: 'connection refused' };
    case 'silent':
      return { atMs, isGood: false, latencyMs: 1000, detail: 'no answer' };
    case 'nan':
      return { atMs, isGood: true, latencyMs: Number.NaN, detail: '200' };
  }
}
