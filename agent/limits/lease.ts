/** How long a fault outlives its coordinator: the ttl of a lease. */
import { formatDurationMs } from '../../proto/quantity.ts';
import type { Refusal } from '../../proto/refusal.ts';
import type { HostPolicy } from '../core/policy.ts';
import { type Limit, no } from './limit.ts';

export const leaseLimit: Limit = {
  name: 'leaseMax',
  summary: 'how long a fault outlives the last word of its coordinator',
  shown: (policy) => formatDurationMs(policy.leaseMaxMs),
  refusals: ({ leaseTtlMs }, { policy }) => leaseRefusals(leaseTtlMs, policy),
};

/** Also for renewals, which are no proposals. */
export function leaseRefusals(leaseTtlMs: number, policy: HostPolicy): readonly Refusal[] {
  if (leaseTtlMs > 0 && leaseTtlMs <= policy.leaseMaxMs) return [];
  const value = formatDurationMs(leaseTtlMs);
  const bound = formatDurationMs(policy.leaseMaxMs);
  const message = `a lease of ${value}, above 0 and at most ${bound} allowed by leaseMax`;
  return no('leaseMax', 'lease-too-long', message, { value, bound });
}
