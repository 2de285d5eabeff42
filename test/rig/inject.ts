/** Planning and injecting as a caller does: the plan's targets and digest go into the inject. */
import { randomUUID } from 'node:crypto';
import { leash } from '../../proto/codec.ts';
import { type JsonObject, jsonToStruct } from '../../proto/struct.ts';
import type { AgentClient } from './agent.ts';

export interface Wanted {
  readonly kind: string;
  readonly parameters?: JsonObject;
  readonly selector?: leash.v1.ISelector;
  readonly choice?: leash.v1.IChoice;
  readonly leaseTtlMs?: number;
  readonly durationMs?: number;
  readonly stage?: string;
  readonly key?: string;
  readonly consentIrreversible?: boolean;
}

export async function planFor(client: AgentClient, wanted: Wanted): Promise<leash.v1.IPlanReply> {
  return client.call('plan', planRequest(wanted));
}

export async function inject(client: AgentClient, wanted: Wanted): Promise<leash.v1.IFault> {
  const plan = await planFor(client, wanted);
  const reply = await client.call('inject', injectRequest(wanted, plan));
  if (!reply.fault) throw new Error('the inject was answered without a fault');
  return reply.fault;
}

export function injectRequest(wanted: Wanted, plan: leash.v1.IPlanReply): leash.v1.IInjectRequest {
  return {
    ...planRequest(wanted),
    idempotencyKey: wanted.key ?? randomUUID(),
    targets: (plan.targets ?? []).flatMap((target) => target.identity ?? []),
    targetsDigest: plan.targetsDigest ?? '',
    leaseTtlMs: wanted.leaseTtlMs ?? 10_000,
    haltEpoch: plan.haltEpoch ?? 0,
    consentIrreversible: wanted.consentIrreversible ?? false,
  };
}

function planRequest(wanted: Wanted): leash.v1.IPlanRequest {
  return {
    spec: { kind: wanted.kind, parameters: jsonToStruct(wanted.parameters ?? {}) },
    ...(wanted.selector
      ? { targeting: { selector: wanted.selector, choice: wanted.choice ?? { mode: leash.v1.Mode.MODE_ALL } } }
      : {}),
    durationMs: wanted.durationMs ?? 60_000,
    stage: wanted.stage ?? 'development',
  };
}
