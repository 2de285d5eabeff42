/** S11: a restore is idempotent, reaches each target by itself, and no process has two holds by tracing. */
import { type Invariant, type Violation, violationOf } from './invariant.ts';
import { grippedAt, stoodStill } from './lease-bound.ts';
import type { Observation } from './observation.ts';

const violation = violationOf('S11');
const answerWithinMs = 6000;

export const independentRestores: Invariant = {
  id: 'S11',
  claim: 'a restore is answered each time, and what it lets go of is let go of',
  check: (seen) => [...twiceHeld(seen), ...unanswered(seen), ...leftOver(seen), ...unasked(seen)],
};

function twiceHeld(seen: Observation): readonly Violation[] {
  return seen.grips
    .filter((grip) => grip.how === 'traced')
    .flatMap((grip) => {
      const others = grippedAt(seen, grip.host, grip.fromMs + 0.001).filter(
        (other) => other.how === 'traced' && other.process === grip.process && other.faultId !== grip.faultId,
      );
      return others.map((other) =>
        violation(grip.host, grip.fromMs, `${grip.process} is held by ${grip.faultId} and ${other.faultId}`),
      );
    });
}

function unanswered(seen: Observation): readonly Violation[] {
  return seen.exchanges.flatMap(({ host, atMs, ask, answer }) => {
    if (ask.type !== 'restore') return [];
    const untilMs = atMs + answerWithinMs;
    if (answer?.kind === 'refused' || answer?.kind === 'failed') {
      return [violation(host, answer.atMs, `a restore was answered with ${answer.kind}`)];
    }
    if (answer || untilMs > seen.untilMs || stoodStill(seen, { host, fromMs: atMs - 1, untilMs })) return [];
    return [violation(host, untilMs, `a restore was not answered within ${answerWithinMs} ms`)];
  });
}

/** What was let go of by a restore was meant by one. */
function unasked(seen: Observation): readonly Violation[] {
  const told = new Map(seen.told.map((each) => [`${each.host} ${each.faultId}`, each]));
  return seen.receipts.flatMap(({ host, atMs, faultId, cause }) => {
    if (cause !== 'restored') return [];
    const { runId } = told.get(`${host} ${faultId}`) ?? {};
    const isAsked = seen.exchanges.some(({ host: where, ask }) => {
      if (where !== host || ask.type !== 'restore') return false;
      if (ask.faultId !== undefined) return ask.faultId === faultId;
      return ask.runId === undefined || ask.runId === runId;
    });
    return isAsked ? [] : [violation(host, atMs, `${faultId} was restored, and nobody asked for that`)];
  });
}

/** Whatever of a fault was confirmed by itself is no longer held, also when the others go on. */
function leftOver(seen: Observation): readonly Violation[] {
  return seen.receipts.flatMap(({ host, atMs, faultId, targets }) =>
    targets
      .filter((target) => target.outcome === 'restored' && target.process !== undefined)
      .flatMap(({ process }) =>
        grippedAt(seen, host, atMs)
          .filter((grip) => grip.faultId === faultId && grip.process === process)
          .map(() => violation(host, atMs, `${process} was said to be restored, and ${faultId} holds it`)),
      ),
  );
}
