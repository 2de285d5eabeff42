/** Burns CPU time at an exact share, by a closed loop on the thread's own CPU clock. */
import { blockForMs, threadCpuMs } from '../host/native/thread-clock.ts';

export interface BurnOrder {
  readonly work: 'burn-cpu';
  readonly loadPercent: number;
  /** The load rises evenly from nothing in that time. */
  readonly rampMs: number;
  /** The first cell is set to 1 to end it. */
  readonly stop: Int32Array;
}

const periodMs = 10;
/** What was missed because others had the CPU is made up for, but not without end. */
const debtMaxMs = 100;

/** The whole life of a thread. */
export function burnCpu({ loadPercent, rampMs, stop }: BurnOrder): void {
  const startedMs = performance.now();
  const shareAt = (ms: number): number => {
    const risen = rampMs === 0 ? 1 : Math.min(1, (ms - startedMs) / rampMs);
    return (risen * loadPercent) / 100;
  };
  let wallMs = startedMs;
  let cpuMs = threadCpuMs();
  let debtMs = 0;
  while (Atomics.load(stop, 0) === 0) {
    const endsAtMs = wallMs + periodMs;
    const share = shareAt(wallMs);
    const burnUntilCpuMs = cpuMs + share * periodMs + debtMs;
    while (threadCpuMs() < burnUntilCpuMs && performance.now() < endsAtMs) spin();
    blockForMs(endsAtMs - performance.now());
    const nowMs = performance.now();
    const nowCpuMs = threadCpuMs();
    debtMs = Math.min(debtMaxMs, debtMs + share * (nowMs - wallMs) - (nowCpuMs - cpuMs));
    wallMs = nowMs;
    cpuMs = nowCpuMs;
  }
}

/** About ten microseconds: the clock is read often enough to be exact, and seldom enough to leave the CPU to spinning. */
function spin(): void {
  let value = 1;
  for (let i = 0; i < 5000; i++) value = (value * 1103515245 + 12345) | 0;
  if (value === 0.5) throw new Error('unreachable: keeps the loop from being optimised away');
}
