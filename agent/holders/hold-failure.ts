/** Why a fault could not be held, with the reason that the agent passes on to its caller. */
import type { RefusalReason } from '../../proto/refusal.ts';

export class HoldFailure extends Error {
  constructor(
    readonly reason: RefusalReason,
    message: string,
  ) {
    super(message);
    this.name = 'HoldFailure';
  }
}
