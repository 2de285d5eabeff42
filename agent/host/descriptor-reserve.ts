/**
 * A few descriptors that are kept for looking and for undoing. Where none are left to this process (EMFILE) or to the
 * host (ENFILE), they are given up for the time of one look, so that no restore waits for a descriptor.
 */
import { closeSync, openSync } from 'node:fs';
import { hasCode } from './native/system-call.ts';

export interface DescriptorReserve {
  /** Calls again with the reserve given up, where the call fails for want of a descriptor. It must be synchronous. */
  use<Value>(call: () => Value): Value;
  /** Gives the reserve up for the call whatever happens: for one that does not say why it failed. */
  giveUpFor<Value>(call: () => Value): Value;
  close(): void;
}

/** A directory, a file in it, and a pidfd at once, with some to spare. */
const reserved = 8;

export function openDescriptorReserve(): DescriptorReserve {
  const descriptors: number[] = [];
  refill();

  function refill(): void {
    try {
      while (descriptors.length < reserved) descriptors.push(openSync('/dev/null', 'r'));
    } catch {
      // Others took them meanwhile. The next call tries again.
    }
  }

  function close(): void {
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  }

  function giveUpFor<Value>(call: () => Value): Value {
    close();
    try {
      return call();
    } finally {
      refill();
    }
  }

  return {
    use(call) {
      try {
        return call();
      } catch (error) {
        if (!hasCode(error, 'EMFILE') && !hasCode(error, 'ENFILE')) throw error;
        return giveUpFor(call);
      }
    },
    giveUpFor,
    close,
  };
}

/** The same questions, answered also where no descriptor is left. */
export function withReserve<View extends object>(view: View, reserve: DescriptorReserve): View {
  const entries = Object.entries(view).map(([name, ask]) => [
    name,
    typeof ask === 'function' ? (...about: unknown[]) => reserve.use(() => ask(...about)) : ask,
  ]);
  return Object.fromEntries(entries) as View;
}
