/** The calls that begin, keep and end faults: Inject, Renew, Restore. */
import { randomUUID } from 'node:crypto';
import { leash } from '../../proto/codec.ts';
import { type Receipt, receiptToWire } from '../../proto/fault.ts';
import { identityFromWire, type ProcessIdentity, sameProcess } from '../../proto/identity.ts';
import { InvalidInput, text } from '../../proto/invalid-input.ts';
import type { Refusal } from '../../proto/refusal.ts';
import { Refused } from '../../proto/refused.ts';
import { sha256Of } from '../../shared/digest.ts';
import { bindTimeoutMs } from '../core/decide.ts';
import { type Fault, isHeld } from '../core/fault.ts';
import { servicesOf } from '../core/service.ts';
import type { Examination } from '../engine/examine.ts';
import { unary } from './call.ts';
import { type AgentContext, nowOf } from './context.ts';
import { type InjectOrder, parseInject, parseRenewals, type RenewalOrder } from './parse.ts';
import { withRollback } from './rollback-calls.ts';
import { faultToWire } from './wire.ts';
import { withIntent } from './with-intent.ts';

/** How long a caller is kept waiting for the host to confirm; the agent itself goes on looking. */
const confirmWithinMs = 4000;

/** An inject whose host is being looked at: there is no fault yet that a restore could end. */
interface Beginning {
  readonly runId: string;
  isCalledOff: boolean;
}

export function actingHandlers(context: AgentContext) {
  const beginnings = new Set<Beginning>();

  async function beginUnlessCalledOff(order: InjectOrder, requestDigest: string, by: string): Promise<string> {
    const beginning: Beginning = { runId: order.runId, isCalledOff: false };
    beginnings.add(beginning);
    try {
      const examination = await context.examine(order.wish);
      return await withIntent(context, examination, () =>
        withRollback(context, order, () => {
          if (beginning.isCalledOff) throw new Refused([calledOff]);
          return begin(context, order, requestDigest, by, examination);
        }),
      );
    } finally {
      beginnings.delete(beginning);
    }
  }

  return {
    inject: unary<leash.v1.InjectRequest, leash.v1.IInjectReply>('inject', async (request, caller) => {
      const order = parseInject(request, caller);
      const requestDigest = sha256Of(Buffer.from(leash.v1.InjectRequest.encode(request).finish()).toString('base64'));
      const known = faultOfKey(context, order.idempotencyKey);
      // A retry is answered without looking at the host again: its targets may be gone by now.
      const faultId =
        known?.facts.requestDigest === requestDigest
          ? known.facts.faultId
          : await beginUnlessCalledOff(order, requestDigest, caller.name);
      const fault = await context.engine.until(faultId, (each) => each.life.phase !== 'binding', bindTimeoutMs + 1000);
      return { fault: faultToWire(await unlessFailed(context, fault, faultId), nowOf(context.clock)) };
    }),

    renew: unary<leash.v1.RenewRequest, leash.v1.IRenewReply>('renew', (request) => ({
      results: renewAll(context, parseRenewals(request.renewals)),
    })),

    restore: unary<leash.v1.RestoreRequest, leash.v1.IRestoreReply>('restore', async (request, caller) => {
      const faults = faultsInScope(context, request);
      // Whoever is told that there is nothing to restore must not find a fault right after.
      for (const beginning of beginnings) {
        if (request.everything || (request.runId && beginning.runId === request.runId)) beginning.isCalledOff = true;
      }
      const target = request.target ? identityFromWire(request.target, 'target') : undefined;
      if (target && !request.faultId) throw new InvalidInput('target', target.pid, 'goes with fault_id only');
      context.engine.dispatch({
        type: 'restore',
        faultIds: faults.map((fault) => fault.facts.faultId),
        cause: 'restored',
        detail: text(request.reason ?? '', 'reason', { lengthMin: 0, lengthMax: 1024 }),
        by: caller.name,
        ...(target ? { target } : {}),
      });
      const receipts = await Promise.all(faults.map((fault) => receiptOf(context, fault.facts.faultId, target)));
      return { receipts: receipts.flatMap((receipt) => (receipt ? [receiptToWire(receipt)] : [])) };
    }),
  };
}

/** Each renewal by itself: a late one does not spoil the others. */
export function renewAll(
  context: AgentContext,
  renewals: readonly RenewalOrder[],
): readonly leash.v1.IRenewalResult[] & leash.v1.IRenewalResult[] {
  return renewals.map(({ faultId, ttlMs }) => {
    const leaseMaxMs = context.leaseMaxMs();
    const refused = (refusal: Refusal): leash.v1.IRenewalResult => ({ faultId, renewed: false, refusal });
    if (ttlMs > leaseMaxMs) {
      const message = `a lease of ${ttlMs} ms was asked for, at most ${leaseMaxMs} ms are allowed by leaseMax`;
      return refused({ reason: 'lease-too-long', message, limit: 'leaseMax' });
    }
    const reply = context.engine.dispatch({ type: 'renew', faultId, ttlMs });
    if (reply.type === 'refused') return refused(reply.refusals[0] as Refusal);
    const fault = context.engine.state().faults.get(faultId);
    const wire = fault ? faultToWire(fault, nowOf(context.clock)) : {};
    return { faultId, renewed: true, leaseRemainingMs: wire.leaseRemainingMs ?? 0 };
  });
}

const calledOff: Refusal = {
  reason: 'restored-meanwhile',
  message: 'a restore came while the host was being looked at: inject again, if it is still wanted',
};

/** The limits are judged in the very turn in which the inject is decided. @throws Refused */
function begin(
  context: AgentContext,
  order: InjectOrder,
  requestDigest: string,
  by: string,
  examination: Examination,
): string {
  const { wish } = order;
  const digestRefusals: readonly Refusal[] =
    order.targetsDigest === examination.targetsDigest ? [] : [digestRefusal(order, examination)];
  const reply = context.engine.inject(
    {
      type: 'inject',
      facts: {
        faultId: randomUUID(),
        idempotencyKey: order.idempotencyKey,
        requestDigest,
        runId: order.runId,
        experiment: order.experiment,
        kind: wish.kind,
        parameters: wish.parameters,
        binding: examination.binding,
        holdsByPtrace: examination.subject.kind.holdsByPtrace && examination.binding === 'kernel',
        targets: examination.targets.map((target) => target.process.identity),
        targetsDigest: examination.targetsDigest,
        services: servicesOf(examination.subject.targets),
        injectedBy: by,
        injectedAtUnixMs: Math.round(context.clock.unixMs()),
      },
      leaseTtlMs: order.leaseTtlMs,
      durationMs: examination.durationMs,
      haltEpoch: order.haltEpoch,
      refusals: [...digestRefusals, ...examination.refusals(context.engine.state(), context.clock.bootMs())],
    },
    examination.subject,
  );
  if (reply.type === 'refused') throw new Refused(reply.refusals);
  if (reply.type !== 'fault') throw new Error('an inject was answered with neither a fault nor a refusal');
  return reply.faultId;
}

function digestRefusal(order: InjectOrder, examination: Examination): Refusal {
  return {
    reason: 'targets-digest-mismatch',
    message: 'the targets are not the ones of the digest: plan again',
    value: order.targetsDigest,
    bound: examination.targetsDigest,
  };
}

/**
 * @throws Refused when the touch failed, or when it was over before it was recorded, whatever ended it; after the host
 *   confirmed that nothing is held (or did not, which it says).
 */
async function unlessFailed(context: AgentContext, fault: Fault | undefined, faultId: string): Promise<Fault> {
  if (fault?.life.phase === 'active') return fault;
  const receipt = await receiptOf(context, faultId);
  const known = context.engine.state().faults.get(faultId);
  if (known?.isRecorded && receipt && receipt.cause !== 'inject-failed') return known;
  const ending = receipt?.confirmed ? 'nothing is held' : 'NOT YET CONFIRMED that nothing is held';
  const message = `the inject failed: ${whyFailed(known, receipt)}; ${ending}`;
  throw new Refused([{ reason: 'holder-failed', message, value: faultId }]);
}

function whyFailed(fault: Fault | undefined, receipt: Receipt | undefined): string {
  if (!receipt || receipt.cause === 'inject-failed' || fault?.isRecorded) return receipt?.detail || 'no holder';
  return `it was over (${receipt.cause}) before it was recorded${receipt.detail && `: ${receipt.detail}`}`;
}

async function receiptOf(
  context: AgentContext,
  faultId: string,
  target?: ProcessIdentity,
): Promise<Receipt | undefined> {
  const before = context.engine.state().faults.get(faultId);
  if (target && before && isHeld(before)) return context.engine.lookAtTarget(faultId, target);
  const fault = await context.engine.until(faultId, (each) => 'receipt' in each.life, confirmWithinMs);
  if (!fault || !('receipt' in fault.life)) return undefined;
  const { receipt } = fault.life;
  if (!target) return receipt;
  const targets = receipt.targets.filter((each) => each.identity && sameProcess(each.identity, target));
  return { ...receipt, targets };
}

function faultsInScope(context: AgentContext, request: leash.v1.RestoreRequest): readonly Fault[] {
  const faults = [...context.engine.state().faults.values()];
  if (request.faultId) return faults.filter((fault) => fault.facts.faultId === request.faultId);
  if (request.runId) return faults.filter((fault) => fault.facts.runId === request.runId);
  if (request.everything) return faults.filter((fault) => fault.life.phase !== 'ended');
  throw new InvalidInput('scope', undefined, 'must be one of fault_id, run_id, everything');
}

function faultOfKey(context: AgentContext, key: string): Fault | undefined {
  return [...context.engine.state().faults.values()].find((fault) => fault.facts.idempotencyKey === key);
}
