/** The door for what agents say: wire messages become typed values here and nowhere else. @throws InvalidInput */
import type { leash } from '../../proto/codec.ts';
import { phaseWords, type Receipt, receiptFromWire } from '../../proto/fault.ts';
import { identityFromWire } from '../../proto/identity.ts';
import { InvalidInput, integerIn, numberIn, text } from '../../proto/invalid-input.ts';
import { durabilityFromWire } from '../../proto/latch-durability.ts';
import { isRefusalReason, type Refusal } from '../../proto/refusal.ts';
import type { FaultSeen } from '../core/run-decision.ts';
import {
  type HaltAnswer,
  HostCallFailed,
  type HostDescription,
  type PlanAnswer,
  type RenewalOutcome,
} from '../engine/fleet-port.ts';

const targetsMax = 10_000;
const millisecondsMax = 0xffff_ffff;

export function descriptionFromWire(wire: leash.v1.IDescribeReply): HostDescription {
  return {
    bootId: text(wire.bootId ?? '', 'boot_id', { lengthMin: 1, lengthMax: 64 }),
    stage: text(wire.stage ?? '', 'stage', { lengthMin: 1, lengthMax: 64 }),
    labels: { ...wire.labels },
    isHalted: wire.halt?.halted ?? false,
    haltEpoch: epoch(wire.halt?.epoch, 'halt.epoch'),
    haltReason: wire.halt?.reason ?? '',
    active: (wire.active ?? []).map((fault, index) => faultFromWire(fault, `active[${index}]`)),
    wire,
  };
}

export function faultFromWire(wire: leash.v1.IFault | null | undefined, path = 'fault'): FaultSeen {
  if (!wire) throw new InvalidInput(path, undefined, 'must be a fault');
  const receipt = wire.receipt ? receiptFromWire(wire.receipt, `${path}.receipt`) : undefined;
  return {
    faultId: text(wire.faultId ?? '', `${path}.fault_id`, { lengthMin: 1, lengthMax: 128 }),
    idempotencyKey: text(wire.idempotencyKey ?? '', `${path}.idempotency_key`, { lengthMin: 0, lengthMax: 128 }),
    runId: text(wire.runId ?? '', `${path}.run_id`, { lengthMin: 0, lengthMax: 128 }),
    phase: phaseWords.fromWire(wire.phase, `${path}.phase`),
    targets: list(wire.targets, `${path}.targets`).map((target, index) =>
      identityFromWire(target, `${path}.targets[${index}]`),
    ),
    leaseRemainingMs: integerIn(wire.leaseRemainingMs ?? 0, `${path}.lease_remaining_ms`, 0, millisecondsMax),
    durationRemainingMs: integerIn(wire.durationRemainingMs ?? 0, `${path}.duration_remaining_ms`, 0, millisecondsMax),
    seen: wire.seen ?? '',
    ...(receipt ? { receipt } : {}),
  };
}

export function planFromWire(wire: leash.v1.IPlanReply): PlanAnswer {
  return {
    kind: 'planned',
    targets: list(wire.targets, 'targets').map((match, index) => ({
      identity: identityFromWire(match.identity, `targets[${index}].identity`),
      name: match.name ?? '',
    })),
    targetsDigest: text(wire.targetsDigest ?? '', 'targets_digest', { lengthMin: 0, lengthMax: 128 }),
    haltEpoch: epoch(wire.haltEpoch, 'halt_epoch'),
    refusals: (wire.refusals ?? []).map(refusalFromWire),
    wire,
  };
}

export function receiptsFromWire(wire: readonly leash.v1.IReceipt[] | null | undefined): readonly Receipt[] {
  return (wire ?? []).map((receipt, index) => receiptFromWire(receipt, `receipts[${index}]`));
}

export function renewalFromWire(wire: leash.v1.IRenewalResult): RenewalOutcome {
  return {
    faultId: wire.faultId ?? '',
    isRenewed: wire.renewed ?? false,
    detail: wire.refusal?.message ?? '',
  };
}

/** @throws HostCallFailed for an answer that the host is not halted. */
export function haltFromWire(wire: leash.v1.IHaltReply): HaltAnswer {
  if (!wire.halt) throw new InvalidInput('halt', wire.halt, 'must be the halt latch of the host');
  // It has seen this id before, and somebody has rearmed it since.
  if (!wire.halt.halted) throw new HostCallFailed('refused', 'the host was rearmed after this halt');
  return {
    epoch: epoch(wire.halt.epoch, 'halt.epoch'),
    durability: durabilityFromWire(wire.halt),
    latchedMs: numberIn(wire.latchedMs ?? 0, 'latched_ms', 0, millisecondsMax),
    restoredMs: numberIn(wire.restoredMs ?? 0, 'restored_ms', 0, millisecondsMax),
    receipts: receiptsFromWire(wire.receipts),
  };
}

/** A reason that is not of our list comes from a newer agent: it is a refusal all the same. */
function refusalFromWire(wire: leash.v1.IRefusal): Refusal {
  const reason = wire.reason ?? '';
  return {
    reason: isRefusalReason(reason) ? reason : 'fault-not-allowed',
    message: wire.message || reason,
    ...(wire.limit ? { limit: wire.limit } : {}),
    ...(wire.value ? { value: wire.value } : {}),
    ...(wire.bound ? { bound: wire.bound } : {}),
  };
}

function epoch(value: number | null | undefined, path: string): number {
  return integerIn(value ?? 0, path, 0, Number.MAX_SAFE_INTEGER);
}

function list<Item>(items: readonly Item[] | null | undefined, path: string): readonly Item[] {
  if (items && items.length > targetsMax) {
    throw new InvalidInput(path, items.length, `must be at most ${targetsMax}`);
  }
  return items ?? [];
}
