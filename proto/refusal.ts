/** The closed list of reasons for which an agent says no, and the value that carries one with its number and bound. */

export const refusalReasons = [
  'halted',
  'halt-epoch-changed',
  'stage-mismatch',
  'policy-invalid',
  'policy-changed',
  'caller-not-allowed',
  'fault-not-allowed',
  'path-not-allowed',
  'not-observable',
  'fault-unavailable',
  'binding-not-allowed',
  'consent-missing',
  'selector-empty',
  'no-match',
  'too-few-matches',
  'percent-rounds-to-zero',
  'pidfile-unusable',
  'pidfile-stale',
  'sockets-hidden',
  'too-many-targets',
  'target-protected',
  'target-gone',
  'target-changed',
  'targets-digest-mismatch',
  'target-held',
  'watchdog',
  'outside-window',
  'duration-too-long',
  'lease-too-long',
  'rate-limited',
  'cooling-down',
  'host-too-busy',
  'magnitude-too-large',
  'too-many-faults',
  'survivors-too-few',
  'floor-crossed',
  'lease-expired',
  'fault-unknown',
  'key-reused',
  'restored-meanwhile',
  'role-not-allowed',
  'audit-unavailable',
  'journal-unavailable',
  'holder-failed',
  'rollback-not-allowed',
  'intent-missing',
  'intent-invalid',
  'intent-mismatch',
  'intent-expired',
  'intent-spent',
] as const;

export type RefusalReason = (typeof refusalReasons)[number];

/** One "no". A limit's refusal says the number and the bound: "4 targets, at most 2 allowed by processesMax". */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly message: string;
  /** The policy key or rule that refused, where there is one. */
  readonly limit?: string;
  readonly value?: string;
  readonly bound?: string;
}

/** The domain of google.rpc.ErrorInfo in every refusal. */
export const refusalDomain = 'leash';

export function isRefusalReason(value: string): value is RefusalReason {
  return (refusalReasons as readonly string[]).includes(value);
}
