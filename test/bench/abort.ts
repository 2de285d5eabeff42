/**
 * How long an abort takes: from the instant at which a breach has lasted for as long as its rule says, by
 * what Prometheus had scraped, to the last target seen running. A real Prometheus
 * scrapes a real haproxy each second; one of its two workers is paused, and the rule is twice the errors of before.
 */
import { makeTestDirectory } from '../rig/directory.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { type MeasuredShop, shopQueries, startMeasuredShop } from '../rig/measured-shop.ts';
import { until } from '../rig/until.ts';
import { workerName } from '../rig/workers.ts';
import { rounded, spreadOf } from './figures.ts';
import type { BenchOptions } from './main.ts';

const forMs = 2000;
/** Of the clock to which the beginning of a breach is known. */
const stepMs = 20;
const trialsDefault = 100;

export async function abort(options: BenchOptions): Promise<object> {
  const trials = options.trials ?? trialsDefault;
  const directory = makeTestDirectory();
  const undo: (() => void | Promise<void>)[] = [() => directory.remove()];
  const tookMs: number[] = [];
  let notAborted = 0;
  try {
    const shop = await startMeasuredShop(directory, [workerName('a'), workerName('b')]);
    undo.push(() => shop.stop());
    const rig = await startFleetRig({ hosts: 1, config: `prometheus: { url: "${shop.prometheusUrl}" }\n` });
    undo.push(() => rig.dispose());
    const file = rig.write('abort.yaml', experimentText(targetOf(shop).name));
    while (tookMs.length + notAborted < trials && !options.isStopped()) {
      const took = await trial({ shop, rig, file }, options).catch((error: unknown) => {
        // Who stops a group of processes stops the coordinator too: what was measured until then is still true.
        if (options.isStopped()) return undefined;
        throw error;
      });
      if (took === 'not-aborted') notAborted += 1;
      else if (took !== undefined) options.say(`${tookMs.push(took)} of ${trials}: ${rounded(took)} ms`);
    }
  } finally {
    for (const step of undo.reverse()) await step();
  }
  return { trials: tookMs.length, ...spreadOf(tookMs), notAborted, forMs, scrapeMs: 1000, probeEveryMs: 200 };
}

interface Place {
  readonly shop: MeasuredShop;
  readonly rig: FleetRig;
  readonly file: string;
}

/** @returns how long it took; undefined where nothing was injected. */
async function trial({ shop, rig, file }: Place, { say }: BenchOptions): Promise<number | 'not-aborted' | undefined> {
  const target = targetOf(shop);
  await until('all is well', async () => (await errorsNow(shop)) < 0.06, 60_000);
  const { code, errors } = await rig.leash('run', file);
  if (code !== 0) throw new Error(`leash run: ${errors}`);
  const heldFrom = await until('the worker is held', () => target.isHeld() && Date.now(), 15_000).catch(() => 0);
  if (heldFrom === 0) {
    // On a busy machine the errors before it may already be what the rule aborts for: then nothing is injected.
    say(`not begun: ${(await latestRun(rig)).cause}`);
    return undefined;
  }
  const ranAt = await until('the worker runs on', () => !target.isHeld() && Date.now(), 40_000);
  const { cause } = await latestRun(rig);
  if (!cause.startsWith('abort-rule: at')) {
    say(`not aborted by the rule: ${cause}`);
    return 'not-aborted';
  }
  const bound = Number(/=([\d.]+) \(line/.exec(cause)?.[1]);
  return ranAt - (await completion(shop, heldFrom, ranAt, bound));
}

function targetOf(shop: MeasuredShop): MeasuredShop['workers'][number] {
  return shop.workers[0] as MeasuredShop['workers'][number];
}

/** Asked again on a machine that is too busy to answer in time: a question that failed says nothing of the abort. */
function latestRun(rig: FleetRig): Promise<{ readonly cause: string }> {
  return until('the coordinator names its newest run', async () => {
    const { document } = await rig.json('runs', '--max', '1');
    const [run] = document.runs ?? [];
    return run?.phase === 'ended' && run;
  });
}

/**
 * When the breach had lasted for `forMs`: the rate moves with each scrape, and between two as its window leaves a sample
 * behind, so it is asked for in short steps. The last step that showed no breach counts, which makes the result larger.
 */
async function completion(shop: MeasuredShop, fromUnixMs: number, toUnixMs: number, bound: number): Promise<number> {
  const asked = () => shop.queryRange(shopQueries.errors, fromUnixMs, toUnixMs, stepMs).catch(() => undefined);
  const values = (await until('Prometheus answers', asked))[0]?.values ?? [];
  let fineAtMs = fromUnixMs;
  for (const [seconds, value] of values) {
    const atMs = seconds * 1000;
    if (!(Number(value) > bound)) fineAtMs = atMs;
    else if (atMs - fineAtMs >= forMs) return fineAtMs + forMs;
  }
  throw new Error(`Prometheus shows no ${forMs} ms with more than ${bound}`);
}

/** Prometheus refuses a query that would take it too long; it has the same answer a moment later. */
async function errorsNow(shop: MeasuredShop): Promise<number> {
  const found = await until('Prometheus answers', () => shop.query(shopQueries.errors).catch(() => undefined));
  return Number(found[0]?.value?.[1] ?? 0);
}

function experimentText(worker: string): string {
  return `apiVersion: leash/v1
kind: Experiment
metadata: { name: abort, owner: bench@example.com }
stage: development
targets: { hosts: { mode: one }, processes: { name: ${worker}, mode: one } }
probes:
  up: { prometheus: { query: '${shopQueries.up}' }, every: 200ms }
  errors: { prometheus: { query: '${shopQueries.errors}' }, every: 200ms, whenEmpty: 0, liveness: up, floor: 0.03 }
baseline: 2s
recovery: 0s
method: [ { fault: process.pause, for: 30s } ]
abort: [ { when: errors > baseline*2, for: ${forMs}ms } ]
`;
}
