/** Listens to what agents are asked and what they say, and tells the observer in his own words. */
import { defaultPolicy } from '../../agent/core/policy.ts';
import type { leash } from '../../proto/codec.ts';
import { causeWords, outcomeWords } from '../../proto/fault.ts';
import { durabilityFromWire } from '../../proto/latch-durability.ts';
import { refusalsOf } from '../../proto/refusal-status.ts';
import type { Answer, Ask, ProcessName } from '../invariants/observation.ts';
import type { Host } from './world/host.ts';
import type { ExchangeSeen, Observer } from './world/observer.ts';

export interface Tapped {
  replied(reply: unknown): void;
  failed(error: { readonly code: number; readonly details: string; readonly metadata: unknown }): void;
}

export interface Wiretap {
  request(host: Host, path: string, request: unknown): Tapped;
  /** A message of a session to an agent. */
  streamed(session: object, host: Host, request: unknown): void;
  /** A message of a session from an agent. */
  said(session: object, host: Host, reply: unknown): void;
}

/** Filled in with each look, until the answer. */
type PlanAsk = Extract<Ask, { type: 'plan' }> & { readonly matching: number[] };

const agentPath = '/leash.v1.Agent/';

export function createWiretap(observer: Observer, nowMs: () => number): Wiretap {
  /** Renewals of a session that wait for their answers. */
  const renewals = new WeakMap<object, Map<number, readonly ExchangeSeen[]>>();

  function nameOf(host: Host, wire: leash.v1.IProcessIdentity | null | undefined): ProcessName {
    const identity = {
      pid: wire?.pid ?? 0,
      startTimeTicks: Number(wire?.startTimeTicks ?? 0),
      bootId: wire?.bootId ?? '',
    };
    return host.meantBy(identity)?.name ?? `nobody/${identity.pid}`;
  }

  function tell(host: Host, fault: leash.v1.IFault | null | undefined): void {
    if (!fault?.faultId) return;
    observer.toldOf(host.name, { faultId: fault.faultId, key: fault.idempotencyKey ?? '', runId: fault.runId ?? '' });
    if (fault.receipt) receipt(host, fault.receipt);
  }

  function receipt(host: Host, wire: leash.v1.IReceipt): void {
    const targets = (wire.targets ?? []).map((target) => ({
      ...(target.identity ? { process: nameOf(host, target.identity) } : {}),
      outcome: outcomeWords.fromWire(target.outcome, 'outcome'),
    }));
    observer.receipt({
      host: host.name,
      faultId: wire.faultId ?? '',
      cause: causeWords.fromWire(wire.cause, 'cause'),
      isConfirmed: wire.confirmed ?? false,
      targets,
    });
  }

  /** Processes come and go between the call and the look: what counts is what was there at the look. */
  function watchPlan(host: Host, { targeting }: leash.v1.PlanRequest, ask: PlanAsk): () => void {
    const name = targeting?.selector?.name;
    return observer.watchLooks(host.name, () => {
      const found = [...host.processes()].filter(({ plan }) => plan.program === name && !plan.isProtected);
      ask.matching.push(found.length);
    });
  }

  /** A plan that finds only protected processes shows them beside its refusal: they are not a share of what is free. */
  function countFree(host: Host, targets: readonly leash.v1.IProcessMatch[]): number {
    const names = new Set(targets.map(({ identity }) => nameOf(host, identity)));
    const guarded = [...host.processes()].filter(({ name, plan }) => plan.isProtected && names.has(name));
    return targets.length - guarded.length;
  }

  function renewalAsked(host: Host, { faultId, leaseTtlMs }: leash.v1.IRenewal): ExchangeSeen {
    return observer.asked(host.name, { type: 'renew', faultId: faultId ?? '', ttlMs: leaseTtlMs ?? 0 });
  }

  function renewalAnswer(result: leash.v1.IRenewalResult): Answer {
    const atMs = nowMs();
    if (result.renewed) return { kind: 'done', atMs, faultId: result.faultId ?? '' };
    return { kind: 'refused', atMs, reasons: [result.refusal?.reason ?? ''] };
  }

  return {
    request(host, path, request) {
      const ask = askOf(host, path.slice(agentPath.length), request, nameOf);
      const seen = ask && observer.asked(host.name, ask);
      const stopWatching =
        ask?.type === 'plan' ? watchPlan(host, request as leash.v1.PlanRequest, ask as PlanAsk) : () => undefined;
      const renewed =
        path === `${agentPath}Renew`
          ? (request as leash.v1.RenewRequest).renewals.map((renewal) => renewalAsked(host, renewal))
          : [];
      return {
        failed(error) {
          stopWatching();
          const refusals = refusalsOf(error as never).map((refusal) => refusal.reason);
          const atMs = nowMs();
          seen?.answered(
            refusals.length > 0
              ? { kind: 'refused', atMs, reasons: refusals }
              : { kind: 'failed', atMs, message: error.details },
          );
        },
        replied(reply) {
          stopWatching();
          const { fault, receipts, halt, active } = reply as leash.v1.IInjectReply &
            leash.v1.IHaltReply &
            leash.v1.IDescribeReply;
          for (const each of [fault, ...(active ?? [])]) tell(host, each);
          for (const each of receipts ?? []) receipt(host, each);
          const { results } = reply as leash.v1.IRenewReply;
          for (const [index, each] of renewed.entries()) {
            const result = results?.[index];
            if (result) each.answered(renewalAnswer(result));
          }
          const { targets } = reply as leash.v1.IPlanReply;
          seen?.answered({
            kind: 'done',
            atMs: nowMs(),
            ...(fault?.faultId ? { faultId: fault.faultId } : {}),
            ...(halt ? { epoch: halt.epoch ?? 0, durability: durabilityFromWire(halt) } : {}),
            ...(ask?.type === 'plan' ? { chosen: countFree(host, targets ?? []) } : {}),
          });
        },
      };
    },

    streamed(session, host, request) {
      const { sequence, renewals: asked } = request as leash.v1.SessionRequest;
      const waiting = renewals.get(session) ?? new Map();
      renewals.set(session, waiting);
      waiting.set(
        sequence,
        asked.map((renewal) => renewalAsked(host, renewal)),
      );
    },

    said(session, host, reply) {
      const { event, renewed, welcome } = reply as leash.v1.ISessionReply;
      tell(host, event?.fault);
      for (const fault of welcome?.active ?? []) tell(host, fault);
      if (!renewed) return;
      const waiting = renewals.get(session);
      const asked = waiting?.get(renewed.sequence ?? 0) ?? [];
      for (const [index, result] of (renewed.results ?? []).entries()) asked[index]?.answered(renewalAnswer(result));
      waiting?.delete(renewed.sequence ?? 0);
    },
  };
}

function askOf(
  host: Host,
  method: string,
  request: unknown,
  nameOf: (host: Host, wire: leash.v1.IProcessIdentity) => ProcessName,
): Ask | undefined {
  switch (method) {
    case 'Inject': {
      const wire = request as leash.v1.InjectRequest;
      return {
        type: 'inject',
        key: wire.idempotencyKey,
        runId: wire.runId,
        kind: wire.spec?.kind ?? '',
        targets: wire.targets.map((target) => nameOf(host, target)),
        ttlMs: wire.leaseTtlMs,
        durationMs: wire.durationMs ?? defaultPolicy.durationDefaultMs,
        haltEpoch: Number(wire.haltEpoch),
        hasConsent: wire.consentIrreversible,
      };
    }
    case 'Plan': {
      const { targeting } = request as leash.v1.PlanRequest;
      const percent = Number(targeting?.choice?.percent ?? 0);
      return percent > 0 ? { type: 'plan', percent, matching: [] } : undefined;
    }
    case 'Restore': {
      const { faultId, runId, target } = request as leash.v1.RestoreRequest;
      return {
        type: 'restore',
        ...(faultId ? { faultId } : {}),
        ...(runId ? { runId } : {}),
        ...(target ? { target: nameOf(host, target) } : {}),
      };
    }
    case 'Halt':
      return { type: 'halt', requestId: (request as leash.v1.HaltRequest).requestId };
    case 'Rearm':
      return { type: 'rearm', expectedEpoch: Number((request as leash.v1.RearmRequest).expectedEpoch) };
    default:
      return undefined;
  }
}
