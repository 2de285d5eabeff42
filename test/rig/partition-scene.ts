/** Three hosts, each with a process that stamps and is held there, and a coordinator on a fourth that can be cut off. */
import { join } from 'node:path';
import { Client, credentials, Metadata, type MethodDefinition } from '@grpc/grpc-js';
import { leash } from '../../proto/codec.ts';
import { coordinatorService } from '../../proto/services.ts';
import { type StampingVictim, startStampingVictim } from '../host/harness/victim.ts';
import { type FleetRig, startFleetRig } from './fleet.ts';
import { makeHosts, type NetworkHost } from './hosts.ts';
import { until } from './until.ts';

export interface PartitionScene {
  readonly fleet: FleetRig;
  readonly hosts: readonly NetworkHost[];
  /** The host of the coordinator. */
  readonly center: NetworkHost;
  readonly victims: readonly StampingVictim[];
  /** Starts a run that holds all three for a minute. @returns its id, once each of their threads stands still. */
  hold(): Promise<string>;
  /** Milliseconds from an instant of CLOCK_MONOTONIC to the first stamp, after it, of each victim's last thread. */
  runAgainAfterMs(instantNs: bigint, withinMs: number): Promise<readonly number[]>;
  /** Every host is connected and no run is under way. */
  settled(): Promise<void>;
  /** What `hold` runs. */
  readonly file: leash.v1.ExperimentFile;
  /** Of the coordinator. */
  readonly call: Call;
  dispose(): Promise<void>;
}

export type Call = <Request, Reply>(method: MethodDefinition<Request, Reply>, request: Request) => Promise<Reply>;

/** Calls a coordinator over its local socket. */
export function createCoordinatorCaller(runDirectory: string): { readonly call: Call; close(): void } {
  const client = new Client(`unix:${join(runDirectory, 'coordinator.sock')}`, credentials.createInsecure());
  return {
    call: (method, request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          new Metadata(),
          { deadline: Date.now() + 20_000 },
          (error, reply) => {
            if (error) reject(error);
            else resolve(reply as NonNullable<typeof reply>);
          },
        );
      }),
    close: () => client.close(),
  };
}

export async function startPartitionScene(leaseMs: number): Promise<PartitionScene> {
  const network = makeHosts(['a', 'b', 'c', 'center']);
  const [center, ...hosts] = [...network.hosts].reverse();
  if (!center) throw new Error('there is no host');
  hosts.reverse();
  const victims = await Promise.all(hosts.map(() => startStampingVictim({ threads: 4, intervalMs: 1 })));
  const fleet = await startFleetRig({ network: { hosts, coordinator: center } });
  const caller = createCoordinatorCaller(join(fleet.directory.path, 'run'));
  const steps = fleet.hosts.map(
    (host, index) =>
      `      - { fault: process.pause, for: 60s, targets: { hosts: { names: [${host.name}], mode: one }, processes: { pid: ${victims[index]?.identity.pid}, mode: one } } }`,
  );
  const text = `apiVersion: leash/v1
kind: Experiment
metadata: { name: hold, owner: test@example.com }
stage: development
lease: ${leaseMs}ms
blastRadius: { hosts: 3, processesPerHost: 1 }
targets: { hosts: { mode: all }, processes: { name: none, mode: one } }
method:
  - parallel:
${steps.join('\n')}
`;

  const call: Call = caller.call;

  return {
    fleet,
    file: new leash.v1.ExperimentFile({ name: 'hold.yaml', text }),
    hosts,
    center,
    victims,
    call,
    async hold() {
      const file = new leash.v1.ExperimentFile({ name: 'hold.yaml', text });
      const submitted = await call(coordinatorService.submit, new leash.v1.SubmitRequest({ file }));
      const runId = submitted.runId ?? '';
      await call(coordinatorService.start, new leash.v1.StartRequest({ runId }));
      const areHeld = (): boolean => victims.every((victim) => victim.states().every((state) => state === 't'));
      await until(
        'all three are held',
        async () => {
          if (areHeld()) return true;
          const run = await call(coordinatorService.getRun, new leash.v1.GetRunRequest({ runId }));
          if (run.phase === leash.v1.RunPhase.RUN_PHASE_ENDED) throw new Error(`the run ended before: ${run.cause}`);
          return false;
        },
        20_000,
      );
      return runId;
    },
    async runAgainAfterMs(instantNs, withinMs) {
      const deadline = performance.now() + withinMs;
      const first = victims.map(() => new Map<number, bigint>());
      while (first.some((stamps, index) => stamps.size <= (victims[index]?.threads ?? 0))) {
        for (const [index, victim] of victims.entries()) {
          for (const [thread, stamp] of victim.stamps().entries()) {
            if (stamp > instantNs && !first[index]?.has(thread)) first[index]?.set(thread, stamp);
          }
        }
        if (performance.now() > deadline) throw new Error(`a thread did not run again within ${withinMs} ms`);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return first.map((stamps) => Math.max(...[...stamps.values()].map((stamp) => Number(stamp - instantNs) / 1e6)));
    },
    async settled() {
      await until(
        'every host is connected and every run has ended',
        async () => {
          const { hosts: known } = await call(coordinatorService.listHosts, new leash.v1.ListHostsRequest());
          const { runs } = await call(coordinatorService.listRuns, new leash.v1.ListRunsRequest({ runsMax: 5 }));
          const connected = (known ?? []).every((host) => host.status === leash.v1.HostStatus.HOST_STATUS_CONNECTED);
          return connected && (runs ?? []).every((run) => run.phase === leash.v1.RunPhase.RUN_PHASE_ENDED);
        },
        60_000,
      );
    },
    async dispose() {
      caller.close();
      await fleet.dispose();
      for (const victim of victims) await victim.stop();
      network.dispose();
    },
  };
}

/** Of CLOCK_MONOTONIC, which the victims stamp with. */
export const nowNs = (): bigint => process.hrtime.bigint();
