/** Faults, their life cycle and their receipts as both sides speak of them, and the one table from wire enums to words. */
import { leash } from './codec.ts';
import { identityFromWire, type ProcessIdentity } from './identity.ts';
import { InvalidInput } from './invalid-input.ts';

const v1 = leash.v1;

export type Binding = 'kernel' | 'journal' | 'one-shot';
export type Phase = 'binding' | 'active' | 'ending' | 'ended' | 'unresolved';

/** Why a fault ended. The first cause wins and is kept. */
export type Cause =
  | 'completed'
  | 'restored'
  | 'lease-expired'
  | 'halted'
  | 'holder-died'
  | 'agent-died'
  | 'agent-stopped'
  | 'inject-failed'
  | 'targets-gone'
  | 'limit-crossed';

/** What was seen of one target after the end. All but `still-held` and `unknown` count as confirmed. */
export type Outcome =
  | 'restored'
  | 'gone'
  | 'stopped-before'
  | 'done'
  | 'still-held'
  | 'unknown'
  | 'not-touched'
  | 'changed-meanwhile';

export interface TargetReceipt {
  /** Absent for a fault of the whole host. */
  readonly identity?: ProcessIdentity;
  readonly outcome: Outcome;
  /** What was looked at, in words. */
  readonly seen: string;
  readonly threads: number;
  readonly threadsRunning: number;
  readonly successor?: ProcessIdentity;
  readonly respawnMs?: number;
}

export interface Receipt {
  readonly faultId: string;
  readonly cause: Cause;
  readonly detail: string;
  readonly confirmed: boolean;
  readonly targets: readonly TargetReceipt[];
  readonly endedAtUnixMs: number;
  readonly restoredMs: number;
  readonly resourceBackMs: number;
}

export function isConfirmed(outcome: Outcome): boolean {
  return outcome !== 'still-held' && outcome !== 'unknown';
}

interface WireWords<Word extends string> {
  toWire(word: Word): number;
  /** @throws InvalidInput for the unspecified value and for numbers outside the list. */
  fromWire(value: number | null | undefined, path: string): Word;
}

/** Words in the order of their wire numbers, from 1. */
function words<Word extends string>(...ordered: readonly Word[]): WireWords<Word> {
  return {
    toWire: (word) => ordered.indexOf(word) + 1,
    fromWire(value, path) {
      const word = value ? ordered[value - 1] : undefined;
      if (word === undefined) throw new InvalidInput(path, value, `must be one of ${ordered.join(', ')}`);
      return word;
    },
  };
}

export const bindingWords = words<Binding>('kernel', 'journal', 'one-shot');
export const phaseWords = words<Phase>('binding', 'active', 'ending', 'ended', 'unresolved');
export const causeWords = words<Cause>(
  'completed',
  'restored',
  'lease-expired',
  'halted',
  'holder-died',
  'agent-died',
  'agent-stopped',
  'inject-failed',
  'targets-gone',
  'limit-crossed',
);
export const outcomeWords = words<Outcome>(
  'restored',
  'gone',
  'stopped-before',
  'done',
  'still-held',
  'unknown',
  'not-touched',
  'changed-meanwhile',
);

export function receiptToWire(receipt: Receipt): leash.v1.IReceipt {
  return {
    ...receipt,
    cause: causeWords.toWire(receipt.cause),
    targets: receipt.targets.map((target) => ({
      ...target,
      outcome: outcomeWords.toWire(target.outcome),
    })),
  };
}

export function receiptFromWire(wire: leash.v1.IReceipt, path = 'receipt'): Receipt {
  return {
    faultId: wire.faultId ?? '',
    cause: causeWords.fromWire(wire.cause, `${path}.cause`),
    detail: wire.detail ?? '',
    confirmed: wire.confirmed ?? false,
    targets: (wire.targets ?? []).map((target, index) => targetReceiptFromWire(target, `${path}.targets[${index}]`)),
    endedAtUnixMs: wire.endedAtUnixMs ?? 0,
    restoredMs: wire.restoredMs ?? 0,
    resourceBackMs: wire.resourceBackMs ?? 0,
  };
}

function targetReceiptFromWire(wire: leash.v1.ITargetReceipt, path: string): TargetReceipt {
  return {
    ...(wire.identity ? { identity: identityFromWire(wire.identity, `${path}.identity`) } : {}),
    outcome: outcomeWords.fromWire(wire.outcome, `${path}.outcome`),
    seen: wire.seen ?? '',
    threads: wire.threads ?? 0,
    threadsRunning: wire.threadsRunning ?? 0,
    ...(wire.successor ? { successor: identityFromWire(wire.successor, `${path}.successor`) } : {}),
    ...(wire.respawnMs ? { respawnMs: wire.respawnMs } : {}),
  };
}

/** The enum numbers are positions in the lists above; this is checked once, when the module loads. */
if (
  v1.Binding.BINDING_ONE_SHOT !== 3 ||
  v1.Phase.PHASE_UNRESOLVED !== 5 ||
  v1.Cause.CAUSE_LIMIT_CROSSED !== 10 ||
  v1.Outcome.OUTCOME_CHANGED_MEANWHILE !== 8
) {
  throw new Error('proto/fault.ts does not match leash/v1/fault.proto');
}
