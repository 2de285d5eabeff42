import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata, type MethodDefinition, Server, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClock } from '../../../../coordinator/app/clock.ts';
import { type Coordinator, serve } from '../../../../coordinator/app/serve.ts';
import type { FaultSeen } from '../../../../coordinator/core/run-decision.ts';
import { leash } from '../../../../proto/codec.ts';
import { phaseWords, receiptToWire } from '../../../../proto/fault.ts';
import { agentService, coordinatorService } from '../../../../proto/services.ts';
import { createBootClock } from '../../../../shared/boot-clock.ts';
import { type FrontDoor, openFrontDoor } from '../../../../shared/front-door.ts';
import { createLogger } from '../../../../shared/logger.ts';
import { distFolder } from '../../../rig/project.ts';
import { FakeAgent } from '../fake-agent.ts';
import { pause } from '../world.ts';

const v1 = leash.v1;
const text = `apiVersion: leash/v1
kind: Experiment
metadata: { name: pause-worker, owner: test@example.com }
hypothesis: nothing happens
stage: development
targets: { hosts: { names: [host-a], mode: all }, processes: { name: worker, mode: one } }
method:
  - { fault: process.pause, for: 1s }
`;

/** An agent in memory behind a real socket, in its wire form. */
async function openAgent(agent: FakeAgent, path: string): Promise<FrontDoor> {
  const server = new Server();
  const sessions = new Set<(reply: leash.v1.ISessionReply) => void>();
  const fault = (seen: FaultSeen): leash.v1.IFault => ({
    ...seen,
    phase: phaseWords.toWire(seen.phase),
    targets: [...seen.targets],
    leaseRemainingMs: Math.round(seen.leaseRemainingMs),
    durationRemainingMs: Math.round(seen.durationRemainingMs),
    receipt: seen.receipt ? receiptToWire(seen.receipt) : null,
  });
  const describeReply = (): leash.v1.IDescribeReply => ({
    host: agent.name,
    bootId: agent.bootId,
    stage: agent.stage,
    halt: { halted: agent.isHalted, epoch: agent.haltEpoch },
    active: agent.describe().active.map(fault),
  });
  agent.publish = (event) => {
    if (event.type === 'fault')
      for (const send of sessions) send({ event: { kind: 'fault', fault: fault(event.fault) } });
  };
  type Call<Request> = { readonly request: Request };
  type Reply = (error: null, reply: object) => void;
  server.addService(
    agentService as never,
    {
      describe: (_call: unknown, reply: Reply) => reply(null, describeReply()),
      plan: (_call: Call<leash.v1.PlanRequest>, reply: Reply) => {
        const { targets, targetsDigest, haltEpoch } = agent.plan(pause(1));
        reply(null, { targets, targetsDigest, haltEpoch, matched: targets.length });
      },
      inject: ({ request }: Call<leash.v1.InjectRequest>, reply: Reply) => {
        const { idempotencyKey: key, targetsDigest, haltEpoch, runId, leaseTtlMs, durationMs } = request;
        const { targets } = agent.plan(pause(1));
        const placement = { key, host: agent.name, group: 0, stepNumber: 1, targetsDigest, haltEpoch };
        const life = { phase: 'ordered', atMs: 0 } as const;
        const seen = agent.inject({
          placement: { ...placement, targets: targets.map((target) => target.identity), life },
          step: pause(1, { durationMs: durationMs ?? 0 }),
          experiment: request.experiment,
          runId,
          stage: request.stage,
          leaseTtlMs,
        });
        reply(null, { fault: fault(seen) });
      },
      restore: ({ request }: Call<leash.v1.RestoreRequest>, reply: Reply) =>
        reply(null, { receipts: agent.restore({ runId: request.runId ?? '' }).map(receiptToWire) }),
      halt: ({ request }: Call<leash.v1.HaltRequest>, reply: Reply) => {
        const { epoch, latchedMs, restoredMs, receipts } = agent.halt(request.requestId ?? '');
        reply(null, { halt: { halted: true, epoch }, latchedMs, restoredMs, receipts: receipts.map(receiptToWire) });
      },
      session: (call: {
        write(reply: leash.v1.ISessionReply): void;
        on(name: string, listen: (request: leash.v1.SessionRequest) => void): void;
      }) => {
        const send = (reply: leash.v1.ISessionReply): void => call.write(reply);
        sessions.add(send);
        send({ welcome: describeReply() });
        call.on('data', ({ sequence }) => send({ renewed: { sequence, results: [] } }));
        call.on('close', () => sessions.delete(send));
        call.on('error', () => sessions.delete(send));
      },
    } as never,
  );
  const door = await openFrontDoor(server, { kind: 'unix', path });
  return {
    ...door,
    close: async () => {
      server.forceShutdown();
      await door.close();
    },
  };
}

describe('the coordinator over its socket', () => {
  let directory: string;
  let agent: FakeAgent;
  let door: FrontDoor;
  let coordinator: Coordinator;
  let client: Client;
  const agentPath = () => join(directory, 'run', 'agent.sock');

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'leash-serve-'));
    agent = new FakeAgent('host-a', createClock(createBootClock()), { stage: 'development' });
    door = await openAgent(agent, agentPath());
    const inventoryPath = join(directory, 'inventory.yaml');
    writeFileSync(inventoryPath, `hosts:\n  - { name: host-a, address: "unix:${agentPath()}" }\n`);
    coordinator = await serve({
      stateDirectory: join(directory, 'state'),
      storeProgram: join(distFolder, 'leash-store.js'),
      inventory: inventoryPath,
      listeners: [{ kind: 'unix', path: join(directory, 'run', 'coordinator.sock') }],
      logger: createLogger('test', 'silent'),
    });
    client = new Client(coordinator.addresses[0] as string, credentials.createInsecure());
    await until(isConnected);
  });
  afterEach(async () => {
    client.close();
    await coordinator.stop();
    await door.close();
    rmSync(directory, { recursive: true });
  });

  function call<Request, Reply>(method: MethodDefinition<Request, Reply>, request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = method;
      const options = { deadline: Date.now() + 10_000 };
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        new Metadata(),
        options,
        (error, reply) => (error ? reject(error) : resolve(reply as Reply)),
      );
    });
  }

  async function isConnected(): Promise<boolean> {
    const { hosts } = await call(coordinatorService.listHosts, new v1.ListHostsRequest());
    return hosts?.[0]?.status === v1.HostStatus.HOST_STATUS_CONNECTED;
  }

  async function until(condition: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error('did not come true within 10 s');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function submit(content = text): Promise<{ runId: string }> {
    const run = await call(
      coordinatorService.submit,
      new v1.SubmitRequest({ file: { name: 'a.yaml', text: content } }),
    );
    return { runId: run.runId ?? '' };
  }

  function watch(runId: string): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = coordinatorService.watchRuns;
      const request = new v1.WatchRunsRequest({ runId });
      const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
      const kinds: string[] = [];
      stream.on('data', (event: leash.v1.RunEvent) => kinds.push(`${event.sequence} ${event.kind}`));
      stream.on('end', () => resolve(kinds));
      stream.on('error', reject);
    });
  }

  it('plans, runs and tells of a run to its end, and tells it again afterwards', async () => {
    const plan = await call(coordinatorService.planExperiment, new v1.ExperimentFile({ name: 'a.yaml', text }));
    expect(plan.gates?.every((gate) => gate.passed)).toBe(true);
    expect(plan.hosts?.[0]).toMatchObject({ host: 'host-a', step: 1, plan: { matched: 1 } });
    const { runId } = await submit();
    const watching = watch(runId);
    await call(coordinatorService.start, new v1.StartRequest({ runId }));
    const kinds = await watching;
    expect(kinds.at(-1)).toMatch(/ end$/);
    expect(await watch(runId)).toEqual(kinds);
    const run = await call(coordinatorService.getRun, new v1.GetRunRequest({ runId }));
    expect(run).toMatchObject({ phase: v1.RunPhase.RUN_PHASE_ENDED, result: v1.RunResult.RUN_RESULT_NOT_JUDGED });
    expect(run.faults?.[0]?.fault?.receipt?.confirmed).toBe(true);
    expect(run.submittedBy).toMatch(/^uid:|^local/);
    expect(agent.touches).toHaveLength(1);
  });

  it('halts the fleet, and then refuses to start with every reason', async () => {
    const { runId } = await submit();
    const halt = await call(coordinatorService.haltFleet, new v1.HaltFleetRequest({ reason: 'drill' }));
    expect(halt.hosts?.[0]).toMatchObject({ host: 'host-a', latched: true, epoch: 2 });
    const starting = call(coordinatorService.start, new v1.StartRequest({ runId }));
    await expect(starting).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringContaining('halted: the fleet is halted (drill'),
    } satisfies Partial<ServiceError>);
    const run = await call(coordinatorService.getRun, new v1.GetRunRequest({ runId }));
    expect(run.result).toBe(v1.RunResult.RUN_RESULT_REFUSED);
  });

  it('refuses a wrong file with its places, and a run that is not there', async () => {
    await expect(submit('kind: Experiment\nstage: moon\n')).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/^a\.yaml:\d+:\d+: /),
    });
    const missing = call(coordinatorService.getRun, new v1.GetRunRequest({ runId: 'nobody' }));
    await expect(missing).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  it('notices that an agent is gone, and finds it again', async () => {
    await door.close();
    await until(async () => !(await isConnected()));
    door = await openAgent(agent, agentPath());
    await until(isConnected);
  });

  it('lets no second coordinator into its state directory', async () => {
    const second = serve({
      stateDirectory: join(directory, 'state'),
      storeProgram: join(distFolder, 'leash-store.js'),
      inventory: join(directory, 'inventory.yaml'),
      listeners: [],
      logger: createLogger('test', 'silent'),
    });
    await expect(second).rejects.toThrow('in use by another coordinator');
  });
});
