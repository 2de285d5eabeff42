/**
 * R: how long what the journal binds stays after the agent, its holder or both were killed, on a booted host. Both together
 * are undone by the unit alone (`ExecStopPost=`). The clock runs until all is as before, byte for byte, as systemd and the
 * kernel see it; a look takes some of that time.
 */
import { journalFaults } from '../fleet/rig/journal-faults.ts';
import { type Death, deathNames, type JournalScene, startJournalScene, unit } from '../fleet/rig/journal-scene.ts';
import { inject } from '../rig/inject.ts';
import { until } from '../rig/until.ts';
import { rounded, spreadOf } from './figures.ts';
import type { BenchOptions } from './main.ts';

const trialsDefault = 12;
const leaseTtlMs = 60_000;
const undoneWithinMs = 60_000;
const keys: Readonly<Record<Death, string>> = {
  'the agent alone': 'agentKilled',
  'the holder alone': 'holderKilled',
  'the agent and its holder together': 'bothKilled',
};

export async function undo(options: BenchOptions): Promise<object> {
  const each = options.trials ?? trialsDefault;
  const measured = new Map<string, number[]>();
  const looks: number[] = [];
  let left = 0;
  let trials = 0;
  const scene = await startJournalScene();
  try {
    for (const fault of journalFaults) {
      for (const death of deathNames) {
        const name = `${fault.name} ${keys[death]}`;
        const into: number[] = [];
        measured.set(name, into);
        for (let count = 0; count < each && !options.isStopped(); count += 1) {
          trials += 1;
          try {
            into.push(await trial(scene, fault, death, looks));
          } catch (error) {
            left += 1;
            options.say(`${name}: ${error}`);
          }
        }
        if (into.length > 0) options.say(`${name}: ${JSON.stringify(spreadOf(into))}`);
      }
    }
  } finally {
    await scene.dispose();
  }
  const of = (key: string) => [...measured].flatMap(([name, values]) => (name.endsWith(` ${key}`) ? values : []));
  return {
    trials,
    left,
    trialsEach: each,
    look: spreadOf(looks),
    ...Object.fromEntries(Object.values(keys).map((key) => [key, spreadOf(of(key))])),
    byFault: Object.fromEntries(
      journalFaults.map(({ name }) => [
        name,
        Object.fromEntries(
          Object.values(keys).flatMap((key) => {
            const values = measured.get(`${name} ${key}`) ?? [];
            return values.length > 0 ? [[key, spreadOf(values)]] : [];
          }),
        ),
      ]),
    ),
  };
}

async function trial(
  scene: JournalScene,
  { wanted, prepare, isInForce, reading }: (typeof journalFaults)[number],
  death: Death,
  looks: number[],
): Promise<number> {
  await scene.begin();
  await until('nothing is held', async () => (await scene.held()).length === 0, undoneWithinMs);
  await until('the service runs', async () => (await scene.stateOf(unit)) === 'active', undoneWithinMs);
  await prepare?.(scene);
  const lookedAtMs = performance.now();
  const original = await reading(scene);
  looks.push(performance.now() - lookedAtMs);
  await inject(scene.agent(), { ...wanted, leaseTtlMs });
  if (!(await isInForce(scene))) throw new Error('it is not in force');
  await scene.kill(death);
  const killedAtMs = performance.now();
  await until('all is as before', async () => (await reading(scene)) === original, undoneWithinMs);
  return rounded(performance.now() - killedAtMs);
}
