/** The door of the agent: wire messages become typed values here and nowhere else. */
import type { leash } from '../../proto/codec.ts';
import { identityFromWire } from '../../proto/identity.ts';
import { InvalidInput, integerIn, text } from '../../proto/invalid-input.ts';
import { actionsFromWire, type RollbackAction } from '../../proto/rollback-action.ts';
import { targetingFromWire } from '../../proto/selector.ts';
import { structToJson } from '../../proto/struct.ts';
import type { Wish } from '../engine/examine.ts';

const targetsPerInjectMax = 10_000;
/** A day; the host's policy caps it much lower. */
const durationMaxMs = 86_400_000;

export interface InjectOrder {
  readonly wish: Wish;
  readonly idempotencyKey: string;
  readonly experiment: string;
  readonly runId: string;
  readonly targetsDigest: string;
  readonly leaseTtlMs: number;
  readonly haltEpoch: number;
  readonly rollback: readonly RollbackAction[];
}

export function parsePlan(request: leash.v1.IPlanRequest, callerPid: number | undefined): Wish {
  return {
    kind: text(request.spec?.kind ?? '', 'spec.kind', { lengthMin: 1, lengthMax: 64 }),
    parameters: structToJson(request.spec?.parameters, 'parameters'),
    targeting: request.targeting ? targetingFromWire(request.targeting) : undefined,
    targets: undefined,
    stage: text(request.stage ?? '', 'stage', { lengthMin: 1, lengthMax: 64 }),
    durationMs: integerIn(request.durationMs ?? 0, 'duration_ms', 1, durationMaxMs),
    leaseTtlMs: undefined,
    consentIrreversible: undefined,
    callerPid,
  };
}

export function parseInject(request: leash.v1.IInjectRequest, callerPid: number | undefined): InjectOrder {
  const targets = request.targets ?? [];
  if (targets.length > targetsPerInjectMax) {
    throw new InvalidInput('targets', targets.length, `must name at most ${targetsPerInjectMax} processes`);
  }
  const wish = parsePlan(request, callerPid);
  const leaseTtlMs = integerIn(request.leaseTtlMs ?? 0, 'lease_ttl_ms', 1, durationMaxMs);
  return {
    wish: {
      ...wish,
      targets: targets.map((target, index) => identityFromWire(target, `targets[${index}]`)),
      leaseTtlMs,
      consentIrreversible: request.consentIrreversible ?? false,
    },
    idempotencyKey: text(request.idempotencyKey ?? '', 'idempotency_key', { lengthMin: 8, lengthMax: 128 }),
    experiment: text(request.experiment ?? '', 'experiment', { lengthMin: 0, lengthMax: 256 }),
    runId: text(request.runId ?? '', 'run_id', { lengthMin: 0, lengthMax: 128 }),
    targetsDigest: text(request.targetsDigest ?? '', 'targets_digest', { lengthMin: 1, lengthMax: 128 }),
    leaseTtlMs,
    haltEpoch: integerIn(request.haltEpoch ?? 0, 'halt_epoch', 1, Number.MAX_SAFE_INTEGER),
    rollback: actionsFromWire(request.rollback, 'rollback'),
  };
}

export interface RenewalOrder {
  readonly faultId: string;
  readonly ttlMs: number;
}

const renewalsMax = 1000;

export function parseRenewals(renewals: readonly leash.v1.IRenewal[]): readonly RenewalOrder[] {
  if (renewals.length > renewalsMax) {
    throw new InvalidInput('renewals', renewals.length, `must be at most ${renewalsMax}`);
  }
  return renewals.map((renewal, index) => ({
    faultId: text(renewal.faultId ?? '', `renewals[${index}].fault_id`, { lengthMin: 1, lengthMax: 128 }),
    ttlMs: integerIn(renewal.leaseTtlMs ?? 0, `renewals[${index}].lease_ttl_ms`, 1, durationMaxMs),
  }));
}
