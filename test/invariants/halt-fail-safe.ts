/** S6: a halt that reaches a running agent is answered, whatever else fails. */
import { type Invariant, violationOf } from './invariant.ts';
import { stoodStill } from './lease-bound.ts';

const violation = violationOf('S6');
/** A second for the latch and three for the receipts, with room. */
const answerWithinMs = 6000;

export const haltFailSafe: Invariant = {
  id: 'S6',
  claim: 'an authorised halt needs no disk, store, policy or approval',
  check: (seen) =>
    seen.exchanges.flatMap(({ host, atMs, ask, answer }) => {
      if (ask.type !== 'halt') return [];
      const untilMs = atMs + answerWithinMs;
      if (answer?.kind === 'refused' || answer?.kind === 'failed') {
        return [violation(host, answer.atMs, `the halt ${ask.requestId} was not accepted`)];
      }
      if (answer || untilMs > seen.untilMs || stoodStill(seen, { host, fromMs: atMs - 1, untilMs })) return [];
      return [violation(host, untilMs, `the halt ${ask.requestId} was not answered within ${answerWithinMs} ms`)];
    }),
};
