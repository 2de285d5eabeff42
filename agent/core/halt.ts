/**
 * The halt latch of one host. The epoch belongs to the host: an authentic halt with an unseen request id always latches
 * and increments, whatever epoch its sender believed in; rearm and inject are compare-and-set on the current epoch, so
 * that either loses to any halt that came first.
 */

export interface HaltLatch {
  readonly isHalted: boolean;
  readonly epoch: number;
  readonly reason: string;
  readonly by: string;
  /** The newest last; a repeated request is the same halt, not another one. */
  readonly seenRequestIds: readonly string[];
}

export const seenRequestIdsMax = 64;

/** A host that just joined. */
export const armedLatch: HaltLatch = { isHalted: false, epoch: 1, reason: '', by: '', seenRequestIds: [] };

/** A host whose latch was lost: what is not known to be armed is halted. */
export function lostLatch(reason: string): HaltLatch {
  return { isHalted: true, epoch: 1, reason, by: 'agent', seenRequestIds: [] };
}

export interface HaltOrder {
  readonly requestId: string;
  readonly reason: string;
  readonly by: string;
}

/** @returns the same latch for a request that was seen before. */
export function latchHalt(latch: HaltLatch, order: HaltOrder): HaltLatch {
  if (latch.seenRequestIds.includes(order.requestId)) return latch;
  return {
    isHalted: true,
    epoch: latch.epoch + 1,
    reason: order.reason,
    by: order.by,
    seenRequestIds: [...latch.seenRequestIds, order.requestId].slice(-seenRequestIdsMax),
  };
}

/** @returns undefined when the epoch moved on: a halt came first. The epoch itself stays. */
export function rearmLatch(latch: HaltLatch, expectedEpoch: number): HaltLatch | undefined {
  if (latch.epoch !== expectedEpoch) return undefined;
  return { ...latch, isHalted: false, reason: '', by: '' };
}
