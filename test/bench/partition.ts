/**
 * Partitions, measured: three hosts in network namespaces hold one process each, the coordinator on a fourth is cut off,
 * and the clock runs until every thread of each process has written a stamp of its own again.
 */
import { nowNs, type PartitionScene, startPartitionScene } from '../rig/partition-scene.ts';
import { rounded, spreadOf } from './figures.ts';
import type { BenchOptions } from './main.ts';
import { createRandom } from './random.ts';

const leaseMs = 2000;
/** Of the time between two renewals, so that the cut falls anywhere in it. */
const renewalEveryMs = leaseMs / 3;
const runAgainWithinMs = 30_000;

type Partition = 'bothWays' | 'orders' | 'linkDown' | 'flapping' | 'answers';
/** No renewal arrives any more: the lease is what counts. */
const renewalsLost: readonly Partition[] = ['bothWays', 'orders', 'linkDown'];
/** A renewal may still arrive, until the coordinator sees that it is not answered, or when the link is up for a moment. */
const renewalsMayArrive: readonly Partition[] = ['answers', 'flapping'];

export async function partition(options: BenchOptions): Promise<object> {
  const random = createRandom(options.seed);
  const scene = await startPartitionScene(leaseMs);
  const hosts = scene.hosts.length;
  const rounds = Math.ceil((options.trials ?? 100) / hosts);
  const measured: Record<Partition, number[]> = { bothWays: [], orders: [], linkDown: [], flapping: [], answers: [] };
  let orphans = 0;
  try {
    for (let round = 0; round < rounds && !options.isStopped(); round += 1) {
      const kind = renewalsLost[round % renewalsLost.length] as Partition;
      orphans += await trial(scene, kind, random, measured[kind]);
      if ((round + 1) % 5 === 0) options.say(`${round + 1} of ${rounds} rounds of ${hosts} hosts`);
    }
    for (let round = 0; round < Math.ceil(rounds / 5) && !options.isStopped(); round += 1) {
      const kind = renewalsMayArrive[round % renewalsMayArrive.length] as Partition;
      orphans += await trial(scene, kind, random, measured[kind]);
    }
  } finally {
    await scene.dispose();
  }
  const all = renewalsLost.flatMap((kind) => measured[kind]);
  const overLease = all.map((ms) => Math.max(0, ms - leaseMs));
  return {
    trials: all.length,
    orphans,
    leaseMs,
    restored: spreadOf(all),
    overLease: spreadOf(overLease),
    boundOverLeaseMs: 500,
    byKind: byKind(measured, renewalsLost),
    renewalsMayArrive: byKind(measured, renewalsMayArrive),
    seed: options.seed,
  };
}

function byKind(measured: Readonly<Record<Partition, readonly number[]>>, kinds: readonly Partition[]): object {
  return Object.fromEntries(
    kinds.map((kind) => [kind, { trials: measured[kind].length, ...spreadOf(measured[kind]) }]),
  );
}

/** @returns how many processes were still held when the wait was over. */
async function trial(scene: PartitionScene, kind: Partition, random: () => number, into: number[]): Promise<number> {
  await held(scene);
  await pause(leaseMs + random() * renewalEveryMs);
  cut(scene, kind);
  // From when it is in force: a busy machine may take a while to cut, and renewals arrive until then.
  const from = nowNs();
  const flapping = kind === 'flapping' ? flap(scene) : undefined;
  try {
    into.push(...(await scene.runAgainAfterMs(from, runAgainWithinMs)).map(rounded));
    return 0;
  } catch {
    return scene.victims.filter((victim) => victim.states().some((state) => state === 't' || state === 'T')).length;
  } finally {
    await flapping?.stop();
    scene.center.mend();
    scene.center.setLink('up');
  }
}

/** On a machine that is busy otherwise a lease may run out before all three are held. */
async function held(scene: PartitionScene, attempts = 5): Promise<void> {
  await scene.settled();
  try {
    await scene.hold();
  } catch (error) {
    if (attempts <= 1) throw error;
    await held(scene, attempts - 1);
  }
}

function cut({ center }: PartitionScene, kind: Partition): void {
  if (kind === 'linkDown' || kind === 'flapping') center.setLink('down');
  else center.cut(kind === 'orders' ? 'out' : kind === 'answers' ? 'in' : 'both');
}

/** Up for a moment now and then. */
function flap({ center }: PartitionScene): { stop(): Promise<void> } {
  let isStopped = false;
  const done = (async () => {
    while (!isStopped) {
      await pause(150);
      center.setLink('up');
      center.setLink('down');
    }
  })();
  return {
    stop() {
      isStopped = true;
      return done;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
