/** S12: "restored" is what was seen on the host, never what was assumed. */
import { type Invariant, violationOf } from './invariant.ts';
import { grippedAt } from './lease-bound.ts';

const violation = violationOf('S12');

export const restoredIsSeen: Invariant = {
  id: 'S12',
  claim: 'when a receipt says confirmed, nothing of that fault is on the host',
  check: (seen) =>
    seen.receipts
      .filter((receipt) => receipt.isConfirmed)
      .flatMap(({ host, atMs, faultId, targets }) =>
        grippedAt(seen, host, atMs)
          .filter((grip) => grip.faultId === faultId)
          // A receipt may be of one target, while its fault goes on with the others.
          .filter((grip) => grip.process === undefined || targets.some(({ process }) => process === grip.process))
          .map((grip) =>
            violation(host, atMs, `${faultId} is confirmed, and ${grip.process ?? 'the host'} is ${grip.how}`),
          ),
      ),
};
