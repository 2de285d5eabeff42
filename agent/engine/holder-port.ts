/** How the engine starts and ends holders; `host/holder-process.ts` is the real one. */
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { Deadlines, HolderReport, HoldOrder } from '../holders/hold-order.ts';

export interface HolderEnd {
  /** "exit 0", "signal SIGKILL" */
  readonly how: string;
}

export interface Holder {
  /** The holder's own identity, for receipts and for `leash-agent halt`. */
  readonly identity: ProcessIdentity;
  touch(): void;
  renew(deadlines: Deadlines): void;
  release(target?: ProcessIdentity): void;
  /** SIGKILL by pidfd. Idempotent. */
  kill(): void;
  /** Resolves when the kernel has reaped it; never rejects. */
  readonly ended: Promise<HolderEnd>;
}

export interface HolderPort {
  /**
   * Opens a pidfd for each target, checks that each still has its start time, and starts the holder with them.
   * @throws Error with `reason: RefusalReason` when a target is gone or changed, or the holder cannot be started.
   */
  start(order: HoldOrder, onReport: (report: HolderReport) => void): Holder;
}
