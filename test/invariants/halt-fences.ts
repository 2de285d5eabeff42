/** S5: a halt that was confirmed fences everything off until a rearm at its own epoch. */
import { type Invariant, type Violation, violationOf } from './invariant.ts';
import { stoodStill } from './lease-bound.ts';
import type { Answer, Exchange, Observation } from './observation.ts';

const violation = violationOf('S5');

export const haltFences: Invariant = {
  id: 'S5',
  claim: 'after a confirmed halt nothing is touched before a rearm at its epoch, and each new halt has a new epoch',
  check: (seen) =>
    seen.hosts.flatMap(({ host }) => [
      ...unfenced(seen, host),
      ...epochsThatStay(seen, host),
      ...staleRearms(seen, host),
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
  return confirmed(seen, host, 'halt').flatMap(({ exchange, answer, epoch }) => {
    const rearmedFromMs = Math.min(
      ...rearms.filter((each) => each.ask.type === 'rearm' && each.ask.expectedEpoch >= epoch).map((each) => each.atMs),
      Number.POSITIVE_INFINITY,
    );
    // What only the run directory took is gone with a reboot, and was said to be.
    const lostFromMs = answer.isVolatile ? nextRebootMs(seen, host, exchange.atMs) : Number.POSITIVE_INFINITY;
    const fencedUntilMs = Math.min(rearmedFromMs, lostFromMs);
    return seen.acts
      .filter((act) => act.host === host && act.what !== 'continue')
      .filter((act) => act.atMs > answer.atMs && act.atMs < fencedUntilMs)
      .map((act) => violation(host, act.atMs, `${act.what} of ${act.process ?? 'the host'} while halted at ${epoch}`));
  });
}

function nextRebootMs(seen: Observation, host: string, afterMs: number): number {
  const downs = seen.standstills.filter((each) => each.host === host && each.what === 'host-down');
  return Math.min(...downs.map((each) => each.fromMs).filter((atMs) => atMs >= afterMs), Number.POSITIVE_INFINITY);
}

/** Each id that the host had not seen makes an epoch of its own, also while it is halted already. */
function epochsThatStay(seen: Observation, host: string): readonly Violation[] {
  const byId = new Map<string, Confirmed>();
  const violations: Violation[] = [];
  let last: Confirmed | undefined;
  const inOrder = [...confirmed(seen, host, 'halt')].sort((one, other) => one.exchange.atMs - other.exchange.atMs);
  for (const halt of inOrder) {
    if (halt.exchange.ask.type !== 'halt') continue;
    const { requestId } = halt.exchange.ask;
    const isNew = !byId.has(requestId);
    const isVolatile =
      last?.answer.isVolatile === true && nextRebootMs(seen, host, last.exchange.atMs) < halt.exchange.atMs;
    if (isNew && last && !isVolatile && halt.epoch <= last.epoch && last.answer.atMs <= halt.exchange.atMs) {
      violations.push(violation(host, halt.answer.atMs, `a new halt did not raise the epoch ${last.epoch}`));
    }
    byId.set(requestId, halt);
    if (!last || halt.epoch > last.epoch) last = halt;
  }
  return violations;
}

/** A rearm is compare-and-set: one that names an older epoch than a halt before it loses. */
function staleRearms(seen: Observation, host: string): readonly Violation[] {
  const halts = confirmed(seen, host, 'halt');
  return confirmed(seen, host, 'rearm').flatMap(({ exchange, answer }) => {
    if (exchange.ask.type !== 'rearm') return [];
    const { expectedEpoch } = exchange.ask;
    const newer = halts.find((halt) => {
      const isBefore = halt.answer.atMs <= exchange.atMs && halt.epoch > expectedEpoch;
      return isBefore && !(halt.answer.isVolatile && stoodStill(seen, spanOf(halt, exchange), ['host-down']));
    });
    if (!newer) return [];
    return [violation(host, answer.atMs, `a rearm at ${expectedEpoch} was accepted after a halt at ${newer.epoch}`)];
  });
}

function spanOf(halt: Confirmed, rearm: Exchange) {
  return { host: rearm.host, fromMs: halt.exchange.atMs, untilMs: rearm.atMs };
}
