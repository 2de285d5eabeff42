/** Somebody's own program that speaks to agents without a coordinator: plans, injects, renews, and lets go. */
import { type AgentClient, createAgentClient } from '../../coordinator/fleet/agent-client.ts';
import { leash } from '../../proto/codec.ts';
import { targetingToWire, type Choice as WireChoice } from '../../proto/selector.ts';
import { agentService } from '../../proto/services.ts';
import { type JsonObject, jsonToStruct } from '../../proto/struct.ts';
import { niceOfFaults } from './edge/thread-scheduling.ts';
import type { Choice, InjectDrawn, Kind } from './scenario.ts';
import type { Process } from './world/process.ts';
import type { AgentHost, World } from './world.ts';

const deadlineMs = 12_000;

export function choiceOf(choice: Choice, percent: number): WireChoice {
  switch (choice) {
    case 'one':
      return { mode: 'one', seed: 's' };
    case 'all':
      return { mode: 'all' };
    case 'two':
      return { mode: 'fixed', count: 2, seed: 's' };
    case 'percent':
      return { mode: 'percent', percent, seed: 's' };
  }
}

export function parametersOf(kind: Kind): JsonObject {
  switch (kind) {
    case 'process.pause':
      return {};
    case 'process.kill':
      return { grace: '2s' };
    case 'process.renice':
      return { nice: niceOfFaults };
    case 'stress.cpu':
      return { cores: 1, load: '50%' };
  }
}

/** Runs in a process of its own, which is gone when it is done. */
export function runTool(
  world: World,
  role: 'runner' | 'halter' | 'rearmer',
  agent: AgentHost,
  run: (client: AgentClient, process: Process) => Promise<unknown>,
): void {
  const process = world.tool(role);
  process.soon(() => {
    run(createAgentClient(`${agent.host.name}:7443`, {} as never), process).then(
      () => process.end('exit 0'),
      // Whatever an agent refuses or does not answer is the tool's to live with.
      () => process.end('exit 1'),
    );
  }, 0);
}

function wait(process: Process, ms: number): Promise<void> {
  return new Promise((resolve) => void process.after(ms, resolve));
}

export async function injectByHand(
  client: AgentClient,
  process: Process,
  key: string,
  drawn: InjectDrawn,
): Promise<void> {
  const targeting =
    drawn.kind === 'stress.cpu'
      ? {}
      : { targeting: targetingToWire({ selector: { name: 'worker' }, choice: choiceOf(drawn.choice, drawn.percent) }) };
  const asked = {
    spec: { kind: drawn.kind, parameters: jsonToStruct(parametersOf(drawn.kind)) },
    ...targeting,
    durationMs: drawn.durationMs,
    stage: 'staging',
  };
  const plan = await client.call(agentService.plan, new leash.v1.PlanRequest(asked), deadlineMs);
  await wait(process, drawn.thinkMs);
  const request = new leash.v1.InjectRequest({
    ...asked,
    idempotencyKey: key,
    runId: `by-hand-${key}`,
    experiment: 'by hand',
    targets: (plan.targets ?? []).flatMap((target) => (target.identity ? [target.identity] : [])),
    targetsDigest: plan.targetsDigest ?? '',
    leaseTtlMs: drawn.leaseMs,
    haltEpoch: plan.haltEpoch ?? 0,
    consentIrreversible: drawn.hasConsent,
  });
  const inject = () => client.call(agentService.inject, request, deadlineMs);
  const first = inject();
  const again =
    drawn.retryAfterMs === undefined
      ? undefined
      : wait(process, drawn.retryAfterMs).then(() => inject().catch(() => undefined));
  const answer = await first.catch(() => again);
  const faultId = answer?.fault?.faultId;
  if (faultId) {
    await Promise.all([renew(client, process, faultId, drawn), letGo(client, process, faultId, drawn, request)]);
  }
  await again;
}

async function renew(client: AgentClient, process: Process, faultId: string, drawn: InjectDrawn): Promise<void> {
  for (let count = 0; count < drawn.renewals; count += 1) {
    await wait(process, drawn.renewEveryMs);
    const request = new leash.v1.RenewRequest({ renewals: [{ faultId, leaseTtlMs: drawn.leaseMs }] });
    await client.call(agentService.renew, request, 2000).catch(() => undefined);
  }
}

async function letGo(
  client: AgentClient,
  process: Process,
  faultId: string,
  { ending, endAfterMs }: InjectDrawn,
  { targets }: leash.v1.InjectRequest,
): Promise<void> {
  if (ending === 'none') return;
  await wait(process, endAfterMs);
  const target = targets[0];
  const scope = ending === 'restore-one' && target ? { faultId, target } : { faultId };
  const restore = () =>
    client.call(agentService.restore, new leash.v1.RestoreRequest({ ...scope, reason: 'by hand' }), deadlineMs);
  await Promise.all(ending === 'restore-twice' ? [restore(), restore()] : [restore()]);
}
