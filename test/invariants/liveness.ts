/** S19: once nothing disturbs it any more, the fleet lets go of everything, and says so. */
import { type Invariant, violationOf } from './invariant.ts';

const violation = violationOf('S19');

export const liveness: Invariant = {
  id: 'S19',
  claim: 'within two leases of the last disturbance nothing is injected anywhere',
  check: (seen) => {
    if (seen.calmFromMs === undefined) return [];
    const quietFromMs = seen.calmFromMs + 2 * longestLeaseMs(seen) + seen.replayMs;
    if (quietFromMs > seen.untilMs) return [];
    return seen.grips
      .filter((grip) => (grip.untilMs ?? Number.POSITIVE_INFINITY) > quietFromMs)
      .map((grip) => violation(grip.host, quietFromMs, `${grip.process ?? 'the host'} is held by ${grip.faultId}`));
  },
};

function longestLeaseMs(seen: { readonly exchanges: readonly { readonly ask: { readonly type: string } }[] }): number {
  const ttls = seen.exchanges.flatMap(({ ask }) => ('ttlMs' in ask ? [ask.ttlMs as number] : []));
  return Math.max(0, ...ttls);
}
