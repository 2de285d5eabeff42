/**
 * Threads that burn CPU time at an exact share, by a closed loop on their own CPU clock. They are threads of the holder
 * and no processes, so nothing is left of them when the holder is killed.
 */
import { Worker } from 'node:worker_threads';
import { blockForMs, threadCpuMs } from '../host/native/thread-clock.ts';
import type { CpuBurners } from './holder-kernel.ts';

export interface BurnOrder {
  readonly loadPercent: number;
  /** The first cell is set to 1 to end it. */
  readonly stop: Int32Array;
}

const periodMs = 10;
/** What was missed because others had the CPU is made up for, but not without end. */
const debtMaxMs = 100;
const youngHeapMax = 1;
const oldHeapMax = 8;

export function startCpuBurners({
  programPath,
  threads,
  loadPercent,
}: {
  readonly programPath: string;
  readonly threads: number;
  readonly loadPercent: number;
}): CpuBurners {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const workerData: BurnOrder = { loadPercent, stop };
  const resourceLimits = { maxYoungGenerationSizeMb: youngHeapMax, maxOldGenerationSizeMb: oldHeapMax };
  const workers = Array.from({ length: threads }, () => new Worker(programPath, { workerData, resourceLimits }));
  const ended = workers.map((worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())));
  const begun = workers.map(
    (worker) => new Promise<void>((resolve, reject) => worker.once('online', resolve).once('error', reject)),
  );
  return {
    begun: Promise.all(begun).then(() => undefined),
    async stop() {
      Atomics.store(stop, 0, 1);
      await Promise.all(ended);
    },
  };
}

/** The whole life of such a thread. */
export function burnCpu({ loadPercent, stop }: BurnOrder): void {
  const share = loadPercent / 100;
  let wallMs = performance.now();
  let cpuMs = threadCpuMs();
  let debtMs = 0;
  while (Atomics.load(stop, 0) === 0) {
    const endsAtMs = wallMs + periodMs;
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
