/** What happens to a fleet in one simulated life: what people and tools ask for, and what goes wrong, drawn from a seed. */
import { type Random, randomOf } from './random.ts';
import type { ServiceState } from './world.ts';

export interface Scenario {
  readonly seed: number;
  readonly agents: readonly AgentTraits[];
  readonly coordinators: number;
  readonly lengthMs: number;
  /** From here on nothing goes wrong and nobody asks for faults: what is left must end. Absent: it goes wrong all along. */
  readonly calmFromMs?: number;
  /** In the order of their instants. */
  readonly happenings: readonly Happening[];
}

/** What a host can do, and what its policy allows. */
export interface AgentTraits {
  /** Without CAP_SYS_PTRACE, a pause is bound by the journal. */
  readonly canTrace: boolean;
  readonly hasSupervisor: boolean;
  readonly processesMax: number;
  readonly faultsMax: number;
  readonly survivorsMin: number;
  /** Numbers begin again after this one, so a small one makes for many reuses. */
  readonly pidMax: number;
}

/** `agent` and `coordinator` count from 0; a number beyond those that there are is taken round. */
export type Happening = { readonly atMs: number } & (
  | ({ readonly type: 'submit'; readonly coordinator: number } & ExperimentDrawn)
  | { readonly type: 'abort'; readonly coordinator: number }
  | { readonly type: 'halt-fleet'; readonly coordinator: number }
  | { readonly type: 'rearm-fleet'; readonly coordinator: number }
  | ({ readonly type: 'inject'; readonly agent: number } & InjectDrawn)
  /** `sameId`: the id of the halt before it. */
  | { readonly type: 'halt'; readonly agent: number; readonly isSameId: boolean; readonly delayMs: number }
  | { readonly type: 'rearm'; readonly agent: number; readonly delayMs: number }
  | { readonly type: 'restore-all'; readonly agent: number }
  | { readonly type: 'halt-by-force'; readonly agent: number }
  | { readonly type: 'halt-file'; readonly agent: number; readonly forMs: number }
  | { readonly type: 'kill'; readonly agent: number; readonly who: Part }
  /** At a step of its own, and not between two. */
  | { readonly type: 'kill-at-step'; readonly agent: number; readonly who: 'agent' | 'holder'; readonly steps: number }
  | { readonly type: 'stop'; readonly agent: number; readonly who: Part; readonly forMs: number }
  | { readonly type: 'kill-coordinator'; readonly coordinator: number; readonly steps: number }
  | { readonly type: 'stop-coordinator'; readonly coordinator: number; readonly forMs: number }
  | { readonly type: 'break-store'; readonly coordinator: number; readonly forMs: number }
  | { readonly type: 'cut'; readonly agent: number; readonly way: 'to' | 'from' | 'both'; readonly forMs: number }
  | {
      readonly type: 'weather';
      readonly delayMaxMs: number;
      readonly loss: number;
      readonly double: number;
      readonly forMs: number;
    }
  | {
      readonly type: 'disk';
      readonly agent: number;
      readonly fault: 'full' | 'broken' | 'slow';
      readonly forMs: number;
    }
  | { readonly type: 'suspend'; readonly agent: number; readonly forMs: number }
  | { readonly type: 'jump-clock'; readonly agent: number; readonly byMs: number }
  | { readonly type: 'lose-power'; readonly agent: number; readonly forMs: number }
  | { readonly type: 'end-victim'; readonly agent: number; readonly victim: number }
  | { readonly type: 'reuse-pid'; readonly agent: number; readonly victim: number }
  /** Somebody else's SIGSTOP, and SIGCONT after that time. */
  | { readonly type: 'stop-victim'; readonly agent: number; readonly victim: number; readonly forMs: number }
  /** Somebody else's setpriority(2). */
  | { readonly type: 'renice-victim'; readonly agent: number; readonly victim: number; readonly nice: number }
  | { readonly type: 'no-fork'; readonly agent: number; readonly forMs: number }
  | { readonly type: 'damage-journal'; readonly agent: number; readonly forMs: number }
  | { readonly type: 'service'; readonly state: ServiceState; readonly forMs: number }
);

type Part = 'agent' | 'holder' | 'both';

export type Choice = 'one' | 'all' | 'two' | 'percent';
export type Kind = 'process.pause' | 'process.kill' | 'process.renice' | 'stress.cpu';

export interface ExperimentDrawn {
  readonly kind: Kind;
  readonly hosts: 'one' | 'all';
  readonly hostsMax: number;
  readonly choice: Choice;
  readonly percent: number;
  readonly durationMs: number;
  readonly leaseMs: number;
  readonly hasRule: boolean;
  readonly groups: number;
}

export interface InjectDrawn {
  readonly kind: Kind;
  readonly choice: Choice;
  readonly percent: number;
  readonly durationMs: number;
  readonly leaseMs: number;
  /** How often it is renewed, and how long after each other. */
  readonly renewals: number;
  readonly renewEveryMs: number;
  /** Repeated with the same key that long after. */
  readonly retryAfterMs?: number;
  readonly ending: 'none' | 'restore' | 'restore-one' | 'restore-twice';
  readonly endAfterMs: number;
  /** Between the plan and the inject. */
  readonly thinkMs: number;
  readonly hasConsent: boolean;
}

const lengthMs = 600_000;
/** Two leases, what is left of the replays, and some. */
const calmMs = 90_000;

export function drawScenario(seed: number): Scenario {
  const random = randomOf(seed).fork('scenario');
  const isLively = random.chance(0.5);
  const agents = random.whole(1, 3);
  const traits = Array.from({ length: agents }, () => drawTraits(random));
  const coordinators = random.pick([1, 1, 1, 2]);
  const untilMs = isLively ? lengthMs - calmMs : lengthMs;
  const happenings: Happening[] = [];
  const draw = (count: number, one: (atMs: number) => Happening): void => {
    for (let index = 0; index < count; index += 1) happenings.push(one(random.between(2000, untilMs - 5000)));
  };
  const agent = (): number => random.whole(0, agents - 1);
  const coordinator = (): number => random.whole(0, coordinators - 1);

  draw(random.whole(2, 5), (atMs) => ({ atMs, type: 'submit', coordinator: coordinator(), ...drawExperiment(random) }));
  draw(random.whole(4, 10), (atMs) => ({ atMs, type: 'inject', agent: agent(), ...drawInject(random) }));
  draw(random.whole(0, 2), (atMs) => drawHalt(random, atMs, agent, coordinator));
  // Without rearms nothing would happen after the first halt.
  for (let atMs = 40_000; atMs < untilMs; atMs += random.between(40_000, 90_000)) {
    happenings.push({ atMs, type: 'rearm-fleet', coordinator: coordinator() });
    for (let index = 0; index < agents; index += 1) {
      happenings.push({
        atMs: atMs + random.between(0, 3000),
        type: 'rearm',
        agent: index,
        delayMs: random.pick([0, 0, 500]),
      });
    }
  }
  const troubles = random.whole(2, 12);
  draw(troubles, (atMs) => drawTrouble(random, atMs, agent(), coordinator()));
  // What hurts most is what happens while something is being done.
  for (const { type, atMs } of [...happenings]) {
    if ((type !== 'inject' && type !== 'submit') || !random.chance(0.5)) continue;
    happenings.push(
      drawTrouble(
        random,
        atMs + random.pick([random.between(0, 400), random.between(0, 15_000)]),
        agent(),
        coordinator(),
      ),
    );
  }
  happenings.sort((one, other) => one.atMs - other.atMs);
  return {
    seed,
    agents: traits,
    coordinators,
    lengthMs,
    ...(isLively ? { calmFromMs: untilMs } : {}),
    happenings: happenings.filter((each) => each.atMs < untilMs),
  };
}

function drawTraits(random: Random): AgentTraits {
  return {
    canTrace: random.chance(0.6),
    hasSupervisor: random.chance(0.75),
    processesMax: random.pick([1, 2, 4]),
    faultsMax: random.pick([1, 2, 4]),
    survivorsMin: random.pick([0, 0, 1]),
    pidMax: random.pick([60, 200, 32_768]),
  };
}

function drawKind(random: Random): Kind {
  return random.pick([
    'process.pause',
    'process.pause',
    'process.pause',
    'process.renice',
    'stress.cpu',
    'process.kill',
  ] as const);
}

function drawChoice(random: Random): { choice: Choice; percent: number } {
  return {
    choice: random.pick(['one', 'one', 'all', 'two', 'percent'] as const),
    percent: random.pick([10, 25, 30, 50]),
  };
}

function drawExperiment(random: Random): ExperimentDrawn {
  return {
    kind: drawKind(random),
    hosts: random.pick(['one', 'one', 'all'] as const),
    hostsMax: random.whole(1, 3),
    ...drawChoice(random),
    durationMs: random.pick([5000, 20_000, 60_000]),
    leaseMs: random.pick([2000, 5000, 10_000]),
    hasRule: random.chance(0.5),
    groups: random.whole(1, 2),
  };
}

function drawInject(random: Random): InjectDrawn {
  const leaseMs = random.pick([1000, 3000, 10_000]);
  return {
    kind: drawKind(random),
    ...drawChoice(random),
    durationMs: random.pick([500, 8000, 40_000, 120_000]),
    leaseMs,
    renewals: random.pick([0, 0, 3, 12]),
    renewEveryMs: random.pick([leaseMs / 3, leaseMs / 2, leaseMs * 0.99, leaseMs + 2, leaseMs * 1.5]),
    ...(random.chance(0.3) ? { retryAfterMs: random.pick([0, 50, 3000, 30_000]) } : {}),
    ending: random.pick(['none', 'none', 'restore', 'restore-one', 'restore-twice'] as const),
    endAfterMs: random.pick([10, 500, 3000, 9000]),
    thinkMs: random.pick([0, 5, 2000]),
    hasConsent: random.chance(0.7),
  };
}

function drawHalt(random: Random, atMs: number, agent: () => number, coordinator: () => number): Happening {
  switch (random.whole(0, 4)) {
    case 0:
      return { atMs, type: 'halt-fleet', coordinator: coordinator() };
    case 1:
      return { atMs, type: 'halt-by-force', agent: agent() };
    case 2:
      return { atMs, type: 'halt-file', agent: agent(), forMs: random.between(1000, 20_000) };
    default:
      return {
        atMs,
        type: 'halt',
        agent: agent(),
        isSameId: random.chance(0.4),
        delayMs: random.pick([0, 0, 800, 5000]),
      };
  }
}

function drawTrouble(random: Random, atMs: number, agent: number, coordinator: number): Happening {
  const who = random.pick(['agent', 'holder', 'both'] as const);
  const shortMs = random.pick([300, 2000, 8000, 25_000]);
  const victim = random.whole(0, 3);
  const steps = random.whole(1, 14);
  const troubles: readonly (() => Happening)[] = [
    () => ({ atMs, type: 'kill', agent, who }),
    () => ({ atMs, type: 'kill-at-step', agent, who: random.pick(['agent', 'holder'] as const), steps }),
    () => ({ atMs, type: 'kill-at-step', agent, who: 'agent', steps }),
    () => ({ atMs, type: 'stop', agent, who, forMs: shortMs }),
    () => ({ atMs, type: 'kill-coordinator', coordinator, steps: random.pick([1, 2, 3, 5, 8, 20]) }),
    () => ({ atMs, type: 'stop-coordinator', coordinator, forMs: shortMs }),
    () => ({ atMs, type: 'break-store', coordinator, forMs: shortMs }),
    () => ({ atMs, type: 'cut', agent, way: random.pick(['to', 'from', 'both'] as const), forMs: shortMs }),
    () => ({
      atMs,
      type: 'weather',
      delayMaxMs: random.pick([5, 200, 3000]),
      loss: random.pick([0, 0.05, 0.4]),
      double: random.pick([0, 0.2, 0.6]),
      forMs: shortMs,
    }),
    () => ({ atMs, type: 'disk', agent, fault: random.pick(['full', 'broken', 'slow'] as const), forMs: shortMs }),
    () => ({ atMs, type: 'suspend', agent, forMs: shortMs }),
    () => ({ atMs, type: 'jump-clock', agent, byMs: random.pick([-3.6e6, 3.6e6, -3.15e11, 3.15e11, -5000, 5000]) }),
    () => ({ atMs, type: 'lose-power', agent, forMs: random.between(2000, 15_000) }),
    () => ({ atMs, type: 'end-victim', agent, victim }),
    () => ({ atMs, type: 'reuse-pid', agent, victim }),
    () => ({ atMs, type: 'stop-victim', agent, victim, forMs: shortMs }),
    () => ({ atMs, type: 'renice-victim', agent, victim, nice: random.pick([-3, 4, 15]) }),
    () => ({ atMs, type: 'no-fork', agent, forMs: shortMs }),
    () => ({ atMs, type: 'damage-journal', agent, forMs: shortMs }),
    () => ({
      atMs,
      type: 'service',
      state: random.pick(['slow', 'refusing', 'silent', 'nan'] as const),
      forMs: random.pick([1500, 20_000, 60_000]),
    }),
  ];
  return random.pick(troubles)();
}
