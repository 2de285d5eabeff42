/** Timers and clocks as a simulated process has them, in place of those of Node: a bundle is given this file. */
import { runningProcess } from '../world/process.ts';

export interface SimulatedTimeout {
  cancel(): void;
  ref(): SimulatedTimeout;
  unref(): SimulatedTimeout;
}

const delayMaxMs = 2 ** 31 - 1;

function timeoutOf(cancel: () => void): SimulatedTimeout {
  const timeout = { cancel, ref: () => timeout, unref: () => timeout };
  return timeout;
}

/** Whole milliseconds, one at least; a delay that Node does not take fires at once, there as here. */
export function wholeMs(ms: number): number {
  return ms >= 1 && ms <= delayMaxMs ? Math.trunc(ms) : 1;
}

export function setTimeout(call: (...given: unknown[]) => void, ms = 1, ...given: unknown[]): SimulatedTimeout {
  return timeoutOf(runningProcess().after(wholeMs(ms), () => call(...given)));
}

export function clearTimeout(timeout: SimulatedTimeout | undefined): void {
  timeout?.cancel();
}

export function setInterval(call: () => void, ms = 1): SimulatedTimeout {
  const process = runningProcess();
  let cancel: () => void;
  const again = (): void => {
    cancel = process.after(Math.max(1, ms), () => {
      again();
      call();
    });
  };
  again();
  return timeoutOf(() => cancel());
}

export function clearInterval(timeout: SimulatedTimeout | undefined): void {
  timeout?.cancel();
}

export function setImmediate(call: (...given: unknown[]) => void, ...given: unknown[]): SimulatedTimeout {
  return timeoutOf(runningProcess().after(0, () => call(...given)));
}

export const performance = { now: (): number => runningProcess().host.monotonicMs() };

/** The wall clock of the host, which jumps. */
class HostDate extends globalThis.Date {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(runningProcess().host.unixMs());
    else super(...(given as [number]));
  }

  static override now(): number {
    return runningProcess().host.unixMs();
  }
}

export { HostDate as Date };
