/** Workers that live seeds through, one for each processor. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { WorkerAnswer, WorkerOrder } from './worker-order.ts';

export interface Pool {
  readonly size: number;
  /** @throws Error when a worker ends, or does not answer in time: a world that never ends is a failure too. */
  ask(order: WorkerOrder): Promise<WorkerAnswer>;
  close(): Promise<void>;
}

const answerWithinMs = 300_000;

export function createPool(program: string, size = availableParallelism()): Pool {
  const idle = Array.from({ length: size }, () => startWorker(program));
  const all = [...idle];
  const waiting: ((worker: Worker) => void)[] = [];

  async function take(): Promise<Worker> {
    return idle.pop() ?? new Promise((resolve) => waiting.push(resolve));
  }

  function giveBack(worker: Worker): void {
    const next = waiting.shift();
    if (next) next(worker);
    else idle.push(worker);
  }

  return {
    size,
    async ask(order) {
      const worker = await take();
      try {
        return await answerOf(worker, order);
      } finally {
        giveBack(worker);
      }
    },
    async close() {
      await Promise.all(all.map((worker) => worker.terminate()));
    },
  };
}

function startWorker(program: string): Worker {
  const worker = new Worker(program);
  worker.setMaxListeners(0);
  return worker;
}

function answerOf(worker: Worker, order: WorkerOrder): Promise<WorkerAnswer> {
  return new Promise((resolve, reject) => {
    const settle = (call: () => void): void => {
      clearTimeout(timer);
      worker.off('message', hear).off('error', fail);
      call();
    };
    const hear = (answer: WorkerAnswer): void => settle(() => resolve(answer));
    const fail = (error: Error): void => settle(() => reject(error));
    const timer = setTimeout(
      () => fail(new Error(`no answer within ${answerWithinMs} ms to ${JSON.stringify(order)}`)),
      answerWithinMs,
    );
    worker.on('message', hear).on('error', fail);
    worker.postMessage(order);
  });
}
