/** All rounds, in several places at once: each place plays one round at a time. */
import { spreadOf } from '../bench/figures.ts';
import { missingFor, openPlace, type Place } from './place.ts';
import { type Outcome, playRound } from './round.ts';
import { type PlaceName, places, type Scenario, scenarioOf } from './scenario.ts';

export interface StormOptions {
  readonly rounds: number;
  readonly seed: number;
  /** This round alone. */
  readonly only: number | undefined;
  say(text: string): void;
}

export interface StormResult {
  readonly rounds: number;
  /** Rounds after which anything was still held or left. */
  readonly orphans: number;
  readonly byDeath: Readonly<Record<string, object>>;
  readonly seed: number;
  /** Rounds that could not be played to their end. */
  readonly broken: readonly number[];
  /** How often each invariant was seen broken. */
  readonly violations: Readonly<Record<string, number>>;
  readonly [more: string]: unknown;
}

/** Two processors are shared with the victims and the agents themselves. */
const atOnce = 4;

interface Played {
  readonly scenario: Scenario;
  readonly outcome: Outcome;
}

export async function storm({ rounds, seed, only, say }: StormOptions): Promise<StormResult> {
  const notTested = places.flatMap((name) => missingFor(name) ?? []);
  for (const name of places) {
    const missing = missingFor(name);
    if (missing) say(`NOT TESTED here: the place ${name}, for want of ${missing}`);
  }
  const waiting = (only === undefined ? Array.from({ length: rounds }, (_, round) => round) : [only])
    .map((round) => scenarioOf(seed, round))
    .filter(({ place }) => missingFor(place) === undefined);
  const open = new Map<PlaceName, Place>();
  const busy = new Set<PlaceName>();
  const played: Played[] = [];
  let isStopped = false;
  process.once('SIGTERM', () => {
    isStopped = true;
  });
  process.once('SIGINT', () => {
    isStopped = true;
  });
  const startedAtMs = performance.now();

  async function play(scenario: Scenario): Promise<Outcome> {
    const { place: name } = scenario;
    const place = open.get(name) ?? (await openPlace(name));
    open.set(name, place);
    try {
      const outcome = await playRound(place, scenario);
      for (const { invariant, text } of outcome.violations ?? []) {
        say(`ROUND ${scenario.round}: ${invariant}: ${text}\n  ${JSON.stringify(scenario)}`);
      }
      if (outcome.left.length > 0) await closeAfter(scenario, place, outcome.left);
      return outcome;
    } catch (error) {
      // The host was looked at by nobody: no word about what is left, but no round of the storm either.
      const left = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
      await closeAfter(scenario, place, left);
      return { kind: scenario.death, left: [], broken: left.join() };
    }
  }

  /** A place that is not as it should be is not played in again. */
  async function closeAfter(scenario: Scenario, place: Place, left: readonly string[]): Promise<void> {
    say(`ROUND ${scenario.round} FAILED: ${left.join('; ')}\n  ${JSON.stringify(scenario)}`);
    say(`  again: npm run storm -- --seed ${seed} --only ${scenario.round}`);
    say(`  the agent's last words:\n${place.rig.log().split('\n').slice(-15).join('\n')}`);
    open.delete(place.name);
    await leave(place);
  }

  /** What was played counts, also when a place cannot be tidied up. */
  async function leave(place: Place): Promise<void> {
    await place.dispose().catch((error: Error) => say(`${place.name} could not be left: ${error.message}`));
  }

  async function run(): Promise<void> {
    for (;;) {
      const index = isStopped ? -1 : waiting.findIndex(({ place }) => !busy.has(place));
      if (index < 0) {
        if (isStopped || waiting.length === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      const [scenario] = waiting.splice(index, 1) as [Scenario];
      busy.add(scenario.place);
      const outcome = await play(scenario);
      busy.delete(scenario.place);
      played.push({ scenario, outcome });
      if (played.length % 50 === 0) {
        const seconds = Math.round((performance.now() - startedAtMs) / 1000);
        const left = played.filter(({ outcome }) => outcome.left.length > 0).length;
        say(`${played.length} rounds in ${seconds} s, ${left} with something left`);
      }
    }
  }

  try {
    await Promise.all(Array.from({ length: atOnce }, run));
  } finally {
    for (const place of open.values()) await leave(place);
  }
  return summary(played, seed, notTested, performance.now() - startedAtMs);
}

function summary(all: readonly Played[], seed: number, notTested: readonly string[], elapsedMs: number): StormResult {
  const played = all.filter(({ outcome }) => outcome.broken === undefined);
  const byDeath: Record<string, object> = {};
  for (const kind of [...new Set(played.map(({ outcome }) => outcome.kind))].sort()) {
    const own = played.filter(({ outcome }) => outcome.kind === kind);
    const timesMs = own.flatMap(({ outcome }) => outcome.restoredMs ?? []);
    const spread = timesMs.length === 0 ? { p50Ms: null, p99Ms: null, maxMs: null } : spreadOf(timesMs);
    byDeath[kind] = { rounds: own.length, timed: timesMs.length, ...spread };
  }
  return {
    rounds: played.length,
    orphans: played.filter(({ outcome }) => outcome.left.length > 0).length,
    byDeath,
    byPlace: countsOf(played.map(({ scenario }) => scenario.place)),
    byFault: countsOf(played.map(({ scenario }) => scenario.kind)),
    byVictim: countsOf(played.map(({ scenario }) => scenario.victim)),
    byInstant: countsOf(played.map(({ scenario }) => scenario.after)),
    violations: countsOf(played.flatMap(({ outcome }) => outcome.violations?.map(({ invariant }) => invariant) ?? [])),
    refused: countsOf(played.flatMap(({ outcome }) => outcome.refused?.replace(/\b\d+\b|[0-9a-f-]{36}/g, 'N') ?? [])),
    failed: played.filter(({ outcome }) => outcome.left.length > 0).map(({ scenario }) => scenario.round),
    broken: all.flatMap(({ scenario, outcome }) => (outcome.broken === undefined ? [] : scenario.round)),
    notTested,
    seconds: Math.round(elapsedMs / 1000),
    seed,
  };
}

function countsOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
