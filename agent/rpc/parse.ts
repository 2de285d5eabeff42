/** The door of the agent: wire messages become typed values here and nowhere else. */
import type { leash } from '../../proto/codec.ts';
import { identityFromWire } from '../../proto/identity.ts';
import { InvalidInput, integerIn, text } from '../../proto/invalid-input.ts';
import { actionsFromWire, type RollbackAction } from '../../proto/rollback-action.ts';
import { selectorFromWire, targetingFromWire } from '../../proto/selector.ts';
import { structToJson } from '../../proto/struct.ts';
import { type Peer, peerNames } from '../../shared/peer.ts';
import type { IntentProof } from '../core/intent.ts';
import type { Wish } from '../engine/examine.ts';
import type { Sight } from '../observers/observe.ts';
import type { Caller } from './call.ts';

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

export function parsePlan(request: leash.v1.IPlanRequest, { peer }: Caller): Wish {
  return {
    kind: text(request.spec?.kind ?? '', 'spec.kind', { lengthMin: 1, lengthMax: 64 }),
    parameters: structToJson(request.spec?.parameters, 'parameters'),
    targeting: request.targeting ? targetingFromWire(request.targeting) : undefined,
    targets: undefined,
    stage: text(request.stage ?? '', 'stage', { lengthMin: 1, lengthMax: 64 }),
    // Absent is not 0: the host's own default counts then, and 0 is refused.
    durationMs: request.durationMs == null ? undefined : integerIn(request.durationMs, 'duration_ms', 1, durationMaxMs),
    leaseTtlMs: undefined,
    consentIrreversible: undefined,
    // Of a local caller: its login chain is protected.
    callerPid: pidOf(peer),
    callerNames: peerNames(peer),
    intent: {
      proof: request.intent ? proofOf(request.intent) : undefined,
      runId: text(request.runId ?? '', 'run_id', { lengthMin: 0, lengthMax: 128 }),
      key: '',
      rollback: [],
    },
  };
}

/** How long each may be is for the reader of intents to say, where one is asked for. */
function proofOf({ intent, signature, scope, commit }: leash.v1.IIntentProof): IntentProof {
  const { path, objects } = commit ?? {};
  return {
    intent: intent ?? '',
    signature: signature ?? '',
    scope: scope ?? '',
    ...(commit ? { commit: { path: path ?? '', objects: objects ?? [] } } : {}),
  };
}

export function parseInject(request: leash.v1.IInjectRequest, caller: Caller): InjectOrder {
  const targets = request.targets ?? [];
  if (targets.length > targetsPerInjectMax) {
    throw new InvalidInput('targets', targets.length, `must name at most ${targetsPerInjectMax} processes`);
  }
  const wish = parsePlan(request, caller);
  const leaseTtlMs = integerIn(request.leaseTtlMs ?? 0, 'lease_ttl_ms', 1, durationMaxMs);
  const idempotencyKey = text(request.idempotencyKey ?? '', 'idempotency_key', { lengthMin: 8, lengthMax: 128 });
  const rollback = actionsFromWire(request.rollback, 'rollback');
  return {
    wish: {
      ...wish,
      targets: targets.map((target, index) => identityFromWire(target, `targets[${index}]`)),
      leaseTtlMs,
      consentIrreversible: request.consentIrreversible ?? false,
      ...(wish.intent ? { intent: { ...wish.intent, key: idempotencyKey, rollback } } : {}),
    },
    idempotencyKey,
    experiment: text(request.experiment ?? '', 'experiment', { lengthMin: 0, lengthMax: 256 }),
    runId: text(request.runId ?? '', 'run_id', { lengthMin: 0, lengthMax: 128 }),
    targetsDigest: text(request.targetsDigest ?? '', 'targets_digest', { lengthMin: 1, lengthMax: 128 }),
    leaseTtlMs,
    haltEpoch: integerIn(request.haltEpoch ?? 0, 'halt_epoch', 1, Number.MAX_SAFE_INTEGER),
    rollback,
  };
}

export function pidOf(peer: Peer): number | undefined {
  return peer.kind === 'local' ? peer.pid : undefined;
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

/** Names of units as systemd.unit(5) allows them, with their type. */
const unitExpression = /^[A-Za-z0-9:_.@\\-]+\.(service|socket|target|timer|mount|slice|scope|path)$/;

export function parseObserve({ what, processes, file, unit }: leash.v1.ObserveRequest): Sight {
  switch (what) {
    case 'processes':
      return { kind: 'processes', selector: selectorFromWire(processes, 'processes') };
    case 'host':
      return { kind: 'host' };
    case 'file': {
      const path = text(file?.path ?? '', 'file.path', { lengthMin: 1, lengthMax: 4095 });
      const parts = path.split('/').slice(1);
      if (!path.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..')) {
        throw new InvalidInput('file.path', path, 'must be an absolute path without . and ..');
      }
      const pattern = text(file?.pattern ?? '', 'file.pattern', { lengthMin: 0, lengthMax: 1024 });
      const cursor = text(file?.cursor ?? '', 'file.cursor', { lengthMin: 0, lengthMax: 128 });
      return { kind: 'file', path, pattern, cursor };
    }
    case 'unit':
      if (!unit || unit.length > 255 || !unitExpression.test(unit)) {
        throw new InvalidInput('unit', unit, 'must be the name of a systemd unit, such as nginx.service');
      }
      return { kind: 'unit', name: unit };
    default:
      throw new InvalidInput('what', undefined, 'must be one of processes, host, file, unit');
  }
}
