/** S5: a halt that was confirmed fences everything off until a rearm at its own epoch. */
import { type Invariant, type Violation, violationOf } from './invariant.ts';
import { stoodStill } from './lease-bound.ts';
import type { Answer, Exchange, Observation, Standstill } from './observation.ts';

const violation = violationOf('S5');
/** For an agent to write its latch to a disk that is well again: it tries once a second. */
const writtenWithinMs = 5000;

export const haltFences: Invariant = {
  id: 'S5',
  claim: 'after a confirmed halt nothing is touched before a rearm at its epoch, and each new halt has a new epoch',
  check: (seen) =>
    seen.hosts.flatMap(({ host }) => [
      ...unfenced(seen, host),
      ...epochsThatStay(seen, host),
      ...staleRearms(seen, host),
      ...notWritten(seen, host),
    ]),
};

interface Confirmed {
  readonly exchange: Exchange;
  readonly answer: Extract<Answer, { kind: 'done' }>;
  readonly epoch: number;
}

function confirmed(seen: Observation, host: string, type: 'halt' | 'rearm'): readonly Confirmed[] {
  return seen.exchanges.flatMap((exchange) => {
    const { answer } = exchange;
    if (exchange.host !== host || exchange.ask.type !== type || answer?.kind !== 'done') return [];
    return answer.epoch === undefined ? [] : [{ exchange, answer, epoch: answer.epoch }];
  });
}

function unfenced(seen: Observation, host: string): readonly Violation[] {
  const rearms = seen.exchanges.filter((each) => each.host === host && each.ask.type === 'rearm');
  return confirmed(seen, host, 'halt').flatMap((halt) => {
    const { answer, epoch } = halt;
    const rearmedFromMs = Math.min(
      ...rearms.filter((each) => each.ask.type === 'rearm' && each.ask.expectedEpoch >= epoch).map((each) => each.atMs),
      Number.POSITIVE_INFINITY,
    );
    const fencedUntilMs = Math.min(rearmedFromMs, forgottenFromMs(seen, halt));
    return seen.acts
      .filter((act) => act.host === host && act.what !== 'continue')
      .filter((act) => act.atMs > answer.atMs && act.atMs < fencedUntilMs)
      .map((act) => violation(host, act.atMs, `${act.what} of ${act.process ?? 'the host'} while halted at ${epoch}`));
  });
}

/**
 * What no disk had is gone with its agent, and what only the run directory had with a reboot, where either was said: unless
 * the disk was well for long enough before that.
 */
function forgottenFromMs(seen: Observation, { exchange, answer }: Confirmed): number {
  if (answer.durability === undefined || answer.durability === 'durable') return Number.POSITIVE_INFINITY;
  const isMemoryOnly = answer.durability === 'memory-only';
  const forgets = ({ what, isEnd }: Standstill): boolean =>
    what === 'host-down' || (isMemoryOnly && what === 'agent' && isEnd === true);
  const endsMs = seen.standstills
    .filter((each) => each.host === exchange.host && each.fromMs >= exchange.atMs && forgets(each))
    .map((each) => each.fromMs);
  const firstMs = Math.min(...endsMs, Number.POSITIVE_INFINITY);
  return hadTimeToWrite(seen, exchange, firstMs) ? Number.POSITIVE_INFINITY : firstMs;
}

function hadTimeToWrite(seen: Observation, { host, atMs }: Exchange, untilMs: number): boolean {
  const disturbances = seen.standstills
    .filter((each) => each.host === host && each.what !== 'holder' && (each.untilMs ?? untilMs) > atMs)
    .filter((each) => each.fromMs < untilMs)
    .sort((one, other) => one.fromMs - other.fromMs);
  let wellFromMs = atMs;
  for (const { fromMs, untilMs: overMs = untilMs } of disturbances) {
    if (fromMs - wellFromMs >= writtenWithinMs) return true;
    wellFromMs = Math.max(wellFromMs, overMs);
  }
  return Math.min(untilMs, seen.untilMs) - wellFromMs >= writtenWithinMs;
}

/** An agent that is up, on a disk that is well, has its latch on that disk when it answers. */
function notWritten(seen: Observation, host: string): readonly Violation[] {
  return confirmed(seen, host, 'halt').flatMap(({ exchange, answer, epoch }) => {
    if (answer.durability === undefined || answer.durability === 'durable') return [];
    const span = { host, fromMs: exchange.atMs - writtenWithinMs, untilMs: answer.atMs };
    if (stoodStill(seen, span, ['agent', 'host-suspended', 'host-down', 'disk'])) return [];
    return [violation(host, answer.atMs, `the halt at ${epoch} is ${answer.durability} on a disk that is well`)];
  });
}

/** Each id that the host had not seen makes an epoch of its own, also while it is halted already. */
function epochsThatStay(seen: Observation, host: string): readonly Violation[] {
  const ids = new Set<string>();
  const before: Confirmed[] = [];
  const violations: Violation[] = [];
  const inOrder = [...confirmed(seen, host, 'halt')].sort((one, other) => one.exchange.atMs - other.exchange.atMs);
  for (const halt of inOrder) {
    if (halt.exchange.ask.type !== 'halt') continue;
    const { requestId } = halt.exchange.ask;
    const { exchange, answer, epoch } = halt;
    const older = before.find(
      (each) =>
        epoch <= each.epoch && each.answer.atMs <= exchange.atMs && forgottenFromMs(seen, each) >= exchange.atMs,
    );
    if (!ids.has(requestId) && older) {
      violations.push(violation(host, answer.atMs, `a new halt did not raise the epoch ${older.epoch}`));
    }
    ids.add(requestId);
    before.push(halt);
  }
  return violations;
}

/** A rearm is compare-and-set: one that names an older epoch than a halt before it loses. */
function staleRearms(seen: Observation, host: string): readonly Violation[] {
  const halts = confirmed(seen, host, 'halt');
  return confirmed(seen, host, 'rearm').flatMap(({ exchange, answer }) => {
    if (exchange.ask.type !== 'rearm') return [];
    const { expectedEpoch } = exchange.ask;
    const newer = halts.find(
      (halt) =>
        halt.answer.atMs <= exchange.atMs && halt.epoch > expectedEpoch && forgottenFromMs(seen, halt) >= exchange.atMs,
    );
    if (!newer) return [];
    return [violation(host, answer.atMs, `a rearm at ${expectedEpoch} was accepted after a halt at ${newer.epoch}`)];
  });
}
