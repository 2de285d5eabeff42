/** The inner half of a simulation: lives seeds through, and finds out what of a failed one is needed for it to fail. */
import { createHash } from 'node:crypto';
import { setImmediate as immediately } from 'node:timers';
import { setImmediate } from 'node:timers/promises';
import { isMainThread, parentPort } from 'node:worker_threads';
import type { Violation } from '../invariants/invariant.ts';
import type { Observation } from '../invariants/observation.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';
import { type Simulated, simulate } from './simulate.ts';
import type { FailedLife, WorkerAnswer, WorkerOrder } from './worker-order.ts';
import { checkMicrotasks } from './world/microtasks.ts';
import { ProcessEnded } from './world/process.ts';

/** What a program did not wait for when it came: on a real host it would have ended of it. */
const unhandled: unknown[] = [];
process.on('unhandledRejection', (error) => {
  if (!(error instanceof ProcessEnded)) unhandled.push(error);
});

if (!isMainThread) {
  parentPort?.on('message', async (order: WorkerOrder) => {
    parentPort?.postMessage(await answerTo(order));
  });
}

async function answerTo(order: WorkerOrder): Promise<WorkerAnswer> {
  switch (order.type) {
    case 'seeds': {
      const lives: Life[] = [];
      for (let seed = order.from; seed < order.from + order.count; seed += 1)
        lives.push(await live(drawScenario(seed)));
      return {
        type: 'lived',
        lives: lives.length,
        simulatedMs: lives.reduce((sum, each) => sum + each.simulatedMs, 0),
        failed: lives.flatMap(({ failed }) => failed ?? []),
        digest: digestOf(lives.map((each) => each.seen)),
      };
    }
    case 'scenario': {
      const { simulatedMs, failed, seen } = await live(order.scenario);
      return { type: 'lived', lives: 1, simulatedMs, failed: failed ? [failed] : [], digest: digestOf([seen]) };
    }
    case 'shrink':
      return {
        type: 'shrunk',
        failed: await shrink(drawScenario(order.seed), async (each) => (await live(each)).failed),
      };
  }
}

interface Life {
  readonly simulatedMs: number;
  readonly seen: Observation;
  readonly failed?: FailedLife;
}

/** In a turn of the event loop of its own, at the end of which Node tells what nobody handled. */
export async function live(scenario: Scenario): Promise<Life> {
  await setImmediate();
  const life = await new Promise<Simulated>((resolve, reject) => {
    immediately(() => {
      try {
        checkMicrotasks();
        unhandled.length = 0;
        resolve(simulate(scenario));
      } catch (error) {
        reject(error);
      }
    });
  });
  await setImmediate();
  const { simulatedMs, seen } = life;
  const violations = [...life.violations, ...unhandled.map(crashOf)];
  return { simulatedMs, seen, ...(violations.length === 0 ? {} : { failed: { scenario, violations } }) };
}

/** What was done and said, in its order. */
function digestOf(seen: readonly Observation[]): string {
  const parts = seen.map(({ acts, exchanges, told, receipts }) => [acts, exchanges, told, receipts]);
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function crashOf(error: unknown): Violation {
  const text = `a rejection that nobody waited for when it came: ${error instanceof Error ? (error.stack ?? error.message) : error}`;
  return { invariant: 'S17', host: '', atMs: 0, text };
}

export { drawScenario, simulate };
