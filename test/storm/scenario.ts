/** What happens in a round: chosen by the seed and the number of the round alone, so that a round can be played again. */
import { createRandom } from '../bench/random.ts';

/** Where the agent lives. */
export const places = [
  'plain',
  'unit-user',
  'journal',
  'small-disk',
  'few-descriptors',
  'no-forks',
  'jumping-clock',
  'network',
  'fleet',
] as const;
export type PlaceName = (typeof places)[number];

/** Who is killed, stopped or asked; `crash-loop` kills the next agents too, while they start. */
export type Death =
  | 'agent'
  | 'holder'
  | 'agent-and-holder'
  | 'agent-stopped'
  | 'holder-stopped'
  | 'agent-and-holder-stopped'
  | 'crash-loop'
  | 'hostile-journal'
  | 'coordinator'
  | 'coordinator-agent-and-holder'
  | 'restore'
  | 'halt';

/** What the target does while it is being seized. */
export type VictimName = 'steady' | 'execs' | 'vforks' | 'clones' | 'exits';

/** Boundaries that can be seen from outside: in the journal's file and in /proc. In the order in which they are passed. */
export const steps = [
  'intent-half-written',
  'intent-durable',
  'holder-started',
  'holder-bound',
  'seizing',
  'held',
  'acknowledged',
  'restoring',
] as const;
export type Step = (typeof steps)[number];

export interface Scenario {
  readonly round: number;
  readonly place: PlaceName;
  readonly kind: string;
  readonly victim: VictimName;
  readonly death: Death;
  /** The instant: so long after the inject was sent, or after a boundary was seen. */
  readonly after: Step | 'inject-sent';
  readonly delayMs: number;
  /** Whether the place is made worse before the inject, instead of after its acknowledgement. */
  readonly isWorseAtOnce: boolean;
  /** For whatever else is to be chosen in the round. */
  readonly dice: number;
}

type Weights<Name extends string> = Partial<Readonly<Record<Name, number>>>;

const placeWeights: Readonly<Record<PlaceName, number>> = {
  plain: 34,
  'unit-user': 16,
  journal: 12,
  'small-disk': 7,
  'few-descriptors': 6,
  'no-forks': 6,
  'jumping-clock': 6,
  network: 6,
  fleet: 7,
};

const kindWeights: Readonly<Record<PlaceName, Weights<string>>> = {
  plain: {
    'process.pause': 46,
    'process.slow': 16,
    'stress.cpu': 9,
    'stress.memory': 9,
    'stress.disk': 5,
    'stress.fds': 5,
    'custom.run': 10,
  },
  'unit-user': { 'process.pause': 62, 'process.slow': 20, 'stress.cpu': 9, 'stress.memory': 9 },
  journal: { 'process.pause': 75, 'process.slow': 25 },
  'small-disk': { 'process.pause': 65, 'process.slow': 20, 'stress.cpu': 15 },
  'few-descriptors': { 'process.pause': 65, 'process.slow': 20, 'stress.cpu': 15 },
  'no-forks': { 'process.pause': 65, 'process.slow': 20, 'stress.cpu': 15 },
  'jumping-clock': { 'process.pause': 65, 'process.slow': 20, 'stress.cpu': 15 },
  network: { 'network.cut': 40, 'network.loss': 30, 'network.rate': 30 },
  fleet: { 'process.pause': 100 },
};

const victimWeights: Weights<VictimName> = { steady: 68, execs: 9, vforks: 8, clones: 8, exits: 7 };

const deathWeights: Weights<Death> = {
  agent: 24,
  holder: 15,
  'agent-and-holder': 24,
  'agent-stopped': 8,
  'holder-stopped': 8,
  'agent-and-holder-stopped': 5,
  'crash-loop': 4,
  restore: 7,
  halt: 5,
};

export function scenarioOf(seed: number, round: number): Scenario {
  const random = createRandom((Math.imul(seed, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b)) >>> 0);
  const place = pick(placeWeights, random);
  const kind = pick(kindWeights[place], random);
  const isAimed = kind.startsWith('process.');
  const isChurned = isAimed && (place === 'plain' || place === 'unit-user');
  const victim = isChurned ? pick(victimWeights, random) : 'steady';
  const death = pick(deathsAt(place), random);
  const after = random() < 0.35 ? 'inject-sent' : pickOne(stepsFor(death, isAimed), random);
  const delayMs = random() * delayMsMax(after, place);
  return { round, place, kind, victim, death, after, delayMs, isWorseAtOnce: random() < 0.4, dice: random() };
}

function delayMsMax(after: Step | 'inject-sent', place: PlaceName): number {
  if (after === 'acknowledged') return 50;
  if (after !== 'inject-sent') return 4;
  // A command line and a coordinator stand before the inject there.
  return place === 'fleet' ? 1500 : 300;
}

function deathsAt(place: PlaceName): Weights<Death> {
  if (place === 'fleet') return { coordinator: 60, 'coordinator-agent-and-holder': 40 };
  // A replay of what somebody else has put into the journal.
  return place === 'journal' ? { ...deathWeights, 'hostile-journal': 20 } : deathWeights;
}

/** A holder must be there to be killed, and a fault to be restored. */
function stepsFor(death: Death, isAimed: boolean): readonly Step[] {
  if (death === 'restore' || death === 'coordinator' || death === 'hostile-journal') return ['acknowledged'];
  const needsHolder = death.includes('holder');
  return steps.filter((step) => (isAimed || (step !== 'seizing' && step !== 'held')) && !(needsHolder && early(step)));
}

function early(step: Step): boolean {
  return step === 'intent-half-written' || step === 'intent-durable';
}

function pick<Name extends string>(weights: Weights<Name>, random: () => number): Name {
  const entries = Object.entries(weights) as [Name, number][];
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) {
    left -= weight;
    if (left < 0) return name;
  }
  return (entries.at(-1) as [Name, number])[0];
}

function pickOne<Value>(values: readonly Value[], random: () => number): Value {
  return values[Math.floor(random() * values.length)] as Value;
}
