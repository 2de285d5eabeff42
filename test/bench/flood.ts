/** Floods, measured: how long a known coordinator waits for an answer meanwhile, and how long a halt takes. */
import { type Besieged, type FloodKind, startBesieged } from '../rig/besieged.ts';
import { spreadOf } from './figures.ts';
import type { BenchOptions } from './main.ts';

/** All on loopback, from peers without a certificate. */
const floods: Readonly<Record<string, readonly [FloodKind, number]>> = {
  idle: ['idle', 1500],
  reset: ['reset', 4],
  unfinished: ['hello', 200],
};
const haltsPerFlood = 10;
/** The first moments, in which all of a flood arrives, are part of it. */
const floodMs = 10_000;

export async function flood(options: BenchOptions): Promise<object> {
  const rig = await startBesieged();
  try {
    const results: Record<string, object> = { quiet: await measure(rig, options) };
    for (const [name, [kind, connections]] of Object.entries(floods)) {
      if (options.only.length > 0 && !options.only.includes(name)) continue;
      results[name] = { connections, ...(await measure(rig, options, [kind, connections])) };
      options.say(`${name}: ${JSON.stringify(results[name])}`);
    }
    await rig.expectUntouched();
    return { ...results, boundMs: 100, floodMs };
  } finally {
    await rig.dispose();
  }
}

async function measure(rig: Besieged, options: BenchOptions, against?: readonly [FloodKind, number]): Promise<object> {
  const standing = await rig.startPulse('standing');
  const fresh = await rig.startPulse('fresh');
  const attack = against ? await rig.startFlood(...against) : undefined;
  const haltsMs: number[] = [];
  for (let halts = 0; halts < haltsPerFlood && !options.isStopped(); halts += 1) {
    await new Promise((resolve) => setTimeout(resolve, floodMs / haltsPerFlood));
    haltsMs.push(await rig.halt());
  }
  const [standingCalls, freshCalls, peer] = [await standing.stop(), await fresh.stop(), await attack?.stop()];
  return {
    calls: standingCalls,
    callsOnNewConnections: freshCalls,
    halt: spreadOf(haltsMs),
    ...(peer ? { peer } : {}),
  };
}
