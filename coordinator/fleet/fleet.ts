/** The fleet over gRPC: one connection and one standing session for each host of the inventory. */
import type { ChannelCredentials } from '@grpc/grpc-js';
import { leash } from '../../proto/codec.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { actionToWire, outcomeFromWire } from '../../proto/rollback-action.ts';
import { selectorToWire, targetingToWire } from '../../proto/selector.ts';
import { agentService } from '../../proto/services.ts';
import { jsonToStruct } from '../../proto/struct.ts';
import { logNameOf } from '../../shared/audit-checkpoint.ts';
import type { Notary } from '../../shared/notary.ts';
import { injectDeadlineMs } from '../core/placement.ts';
import {
  type Fleet,
  type FleetEvent,
  type FleetHost,
  HostCallFailed,
  type HostDescription,
} from '../engine/fleet-port.ts';
import type { Clock } from '../engine/ports.ts';
import { type AgentClient, createAgentClient } from './agent-client.ts';
import { addressText, type InventoryHost } from './inventory.ts';
import { descriptionFromWire, faultFromWire, haltFromWire, planFromWire, receiptsFromWire } from './parse.ts';
import { openSession, type Session } from './session.ts';

export interface FleetOptions {
  readonly hosts: readonly InventoryHost[];
  readonly clock: Clock;
  /** For this host alone: another host's certificate must not do. */
  credentialsFor(host: InventoryHost): ChannelCredentials;
  /** Why the certificate with which a host was accepted does not hold any more; it is then asked for another one. */
  certificateProblem?(hostName: string): string | undefined;
  /** Absent where the audit has no key: then nothing of it is countersigned. */
  readonly notary?: Notary;
  /** What only a log can tell. */
  warn?(message: string, error: unknown): void;
}

export interface OpenFleet extends Fleet {
  /** Looks at one thing of a host, and touches nothing. @throws HostCallFailed */
  observe(host: string, request: leash.v1.IObserveRequest, withinMs: number): Promise<leash.v1.IObserveReply>;
  /** Shows every host the coordinator's certificate as it is now. What is held goes on. */
  renewConnections(): void;
  /** A host more; one that is known already stays as it is. */
  add(host: InventoryHost): void;
  close(): void;
}

/** Longer than a host takes to look, so that its own answer arrives rather than our impatience. */
const deadlinesMs = {
  describe: 2000,
  plan: 5000,
  restore: 6000,
  act: 80_000,
  halt: 2000,
  rearm: 3000,
  listProcesses: 15_000,
};

interface Link {
  readonly host: InventoryHost;
  client: AgentClient;
  readonly session: Session;
  isMoving: boolean;
  description: HostDescription | undefined;
  seenAtMs: number | undefined;
}

export function openFleet(options: FleetOptions): OpenFleet {
  const { hosts, clock, credentialsFor, certificateProblem, notary, warn = () => undefined } = options;
  const links = new Map<string, Link>();
  const listeners = new Set<(host: string, event: FleetEvent) => void>();

  for (const host of hosts) add(host);

  function add(host: InventoryHost): void {
    if (links.has(host.name)) return;
    const client = createAgentClient(addressText(host.address), credentialsFor(host));
    const link: Link = {
      host,
      client,
      isMoving: false,
      description: undefined,
      seenAtMs: undefined,
      session: openSession({
        client,
        clock,
        heard: () => {
          link.seenAtMs = clock.bootMs();
        },
        receive: (event) => hear(link, event),
        ...(notary ? { notary } : {}),
        log: logNameOf('agent', host.name),
        warn,
      }),
    };
    links.set(host.name, link);
  }

  function hear(link: Link, event: FleetEvent): void {
    if (event.type === 'welcome') link.description = event.description;
    if (event.type === 'halt') noteLatch(link, event.wire, event.text);
    for (const listener of [...listeners]) listener(link.host.name, event);
  }

  /** @param problem why the former connection must not be used any more. */
  async function reconnect(link: Link, problem?: string): Promise<void> {
    if (link.isMoving) return;
    link.isMoving = true;
    const next = createAgentClient(addressText(link.host.address), credentialsFor(link.host));
    const former = link.client;
    if (problem !== undefined) {
      warn(`${link.host.name} is connected to anew`, new Error(problem));
      link.client = next;
      former.close();
    }
    try {
      await link.session.moveTo(next, problem === undefined);
      link.client = next;
      former.close();
    } catch (error) {
      next.close();
      warn(
        `${link.host.name} does not take the new certificate of this coordinator: the former one is still shown`,
        error,
      );
    } finally {
      link.isMoving = false;
    }
  }

  /** @throws HostCallFailed for whatever goes wrong, an answer that cannot be read included. */
  async function ask<Answer>(name: string, question: (link: Link) => Promise<Answer>): Promise<Answer> {
    const link = links.get(name);
    if (!link) throw new HostCallFailed('refused', `${name} is not in the inventory`);
    const problem = certificateProblem?.(name);
    if (problem !== undefined) void reconnect(link, problem);
    try {
      const answer = await question(link);
      link.seenAtMs = clock.bootMs();
      return answer;
    } catch (error) {
      if (error instanceof InvalidInput)
        throw new HostCallFailed('unknown', `an answer that cannot be read: ${error.message}`);
      throw error;
    }
  }

  return {
    hosts: () => [...links.values()].map(hostOf),
    describe: (name) =>
      ask(name, async (link) => {
        const request = new leash.v1.DescribeRequest();
        const reply = await link.client.call(agentService.describe, request, deadlinesMs.describe);
        link.description = descriptionFromWire(reply);
        return link.description;
      }),
    plan: (name, step, stage, { runId = '', intent } = {}) =>
      ask(name, async ({ client }) => {
        const request = new leash.v1.PlanRequest({
          spec: { kind: step.fault, parameters: jsonToStruct(step.parameters) },
          ...(step.targets.processes ? { targeting: targetingToWire(step.targets.processes) } : {}),
          durationMs: step.durationMs,
          stage,
          runId,
          ...(intent ? { intent } : {}),
        });
        return planFromWire(await client.call(agentService.plan, request, deadlinesMs.plan));
      }),
    inject: (name, { placement, step, experiment, runId, stage, leaseTtlMs, rollback = [], intent }) =>
      ask(name, async ({ client, session }) => {
        if (!session.isConnected()) {
          throw new HostCallFailed('refused', `nothing was sent: not connected: ${session.error()}`);
        }
        const request = new leash.v1.InjectRequest({
          idempotencyKey: placement.key,
          experiment,
          runId,
          spec: { kind: step.fault, parameters: jsonToStruct(step.parameters) },
          ...(step.targets.processes ? { targeting: targetingToWire(step.targets.processes) } : {}),
          targets: [...placement.targets],
          targetsDigest: placement.targetsDigest,
          leaseTtlMs,
          durationMs: step.durationMs,
          haltEpoch: placement.haltEpoch,
          stage,
          consentIrreversible: step.consentIrreversible,
          rollback: rollback.map(actionToWire),
          ...(intent ? { intent } : {}),
        });
        const reply = await client.call(agentService.inject, request, injectDeadlineMs);
        return faultFromWire(reply.fault);
      }),
    renew: (name, renewals) => ask(name, ({ session }) => session.renew(renewals)),
    restore: (name, scope, reason) =>
      ask(name, async ({ client }) => {
        const request = new leash.v1.RestoreRequest({ ...scope, reason });
        return receiptsFromWire((await client.call(agentService.restore, request, deadlinesMs.restore)).receipts);
      }),
    act: (name, { id, actions, reason }) =>
      ask(name, async ({ client }) => {
        const request = new leash.v1.ActRequest({ id, actions: actions.map(actionToWire), reason });
        const { outcomes } = await client.call(agentService.act, request, deadlinesMs.act);
        return (outcomes ?? []).map((outcome, index) => outcomeFromWire(outcome, `outcomes[${index}]`));
      }),
    halt: (name, order) =>
      ask(name, async (link) => {
        const request = new leash.v1.HaltRequest(order);
        const reply = await link.client.call(agentService.halt, request, deadlinesMs.halt);
        const answer = haltFromWire(reply);
        noteLatch(link, reply.halt ?? {}, order.reason);
        return answer;
      }),
    rearm: (name, order) =>
      ask(name, async (link) => {
        const reply = await link.client.call(agentService.rearm, new leash.v1.RearmRequest(order), deadlinesMs.rearm);
        const isHalted = reply.halt?.halted ?? true;
        const haltEpoch = reply.halt?.epoch ?? 0;
        noteLatch(link, reply.halt ?? { halted: true }, '');
        if (isHalted) throw new HostCallFailed('unknown', 'the host says that it is still halted');
        return haltEpoch;
      }),
    listProcesses: (name, selector, receive) =>
      ask(name, ({ client }) => {
        const request = new leash.v1.ListProcessesRequest({ selector: selectorToWire(selector) });
        return client.read(agentService.listProcesses, request, deadlinesMs.listProcesses, (reply) =>
          receive(reply.processes ?? []),
        );
      }),
    observe: (name, request, withinMs) =>
      ask(name, ({ client }) => client.call(agentService.observe, new leash.v1.ObserveRequest(request), withinMs)),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    renewConnections() {
      for (const link of links.values()) void reconnect(link);
    },
    add,
    close() {
      for (const { session, client } of links.values()) {
        session.close();
        client.close();
      }
    },
  };
}

/** What is known of a host is as new as the last that it said of its latch. */
function noteLatch(link: Link, halt: leash.v1.IHaltState, haltReason: string): void {
  if (!link.description) return;
  const wire = { ...link.description.wire, halt };
  const [isHalted, haltEpoch] = [halt.halted ?? false, halt.epoch ?? 0];
  link.description = { ...link.description, isHalted, haltEpoch, haltReason, wire };
}

function hostOf({ host, session, description, seenAtMs }: Link): FleetHost {
  const error = session.error();
  return {
    name: host.name,
    address: addressText(host.address),
    // The host has the last word on what it is.
    labels: { ...host.labels, ...description?.labels },
    isConnected: session.isConnected(),
    ...(seenAtMs === undefined ? {} : { seenAtMs }),
    ...(description ? { description } : {}),
    ...(error === undefined ? {} : { error }),
  };
}
