/** Threads of the holder that do a stressor's work. They are no processes: nothing is left of them when it is killed. */
import { Worker } from 'node:worker_threads';
import { type BurnOrder, burnCpu } from './cpu-burner.ts';
import { type MoveOrder, moveData } from './data-mover.ts';
import type { WorkingThreads } from './stress-kernel.ts';

export type ThreadOrder = BurnOrder | MoveOrder;

const youngHeapMax = 1;
const oldHeapMax = 8;

/** @param programPath of the holder, which is the threads' program too. @param orders one for each, with one `stop`. */
export function startThreads(programPath: string, stop: Int32Array, orders: readonly ThreadOrder[]): WorkingThreads {
  const resourceLimits = { maxYoungGenerationSizeMb: youngHeapMax, maxOldGenerationSizeMb: oldHeapMax };
  const workers = orders.map((workerData) => new Worker(programPath, { workerData, resourceLimits }));
  const ended = workers.map((worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())));
  const begun = workers.map((worker) => new Promise<void>((resolve) => worker.once('online', resolve)));
  const failed = new Promise<never>((_, reject) => {
    for (const worker of workers) worker.once('error', reject);
  });
  // Whoever does not wait for it is not brought down by it.
  failed.catch(() => {});
  return {
    begun: Promise.race([Promise.all(begun).then(() => undefined), failed]),
    failed,
    async stop() {
      Atomics.store(stop, 0, 1);
      Atomics.notify(stop, 0);
      await Promise.all(ended);
    },
  };
}

/** The whole life of such a thread. */
export function work(order: ThreadOrder): void {
  switch (order.work) {
    case 'burn-cpu':
      burnCpu(order);
      return;
    case 'move-data':
      moveData(order);
      return;
  }
}
