/** S4: no restore step needs disk, memory, descriptors or network. */
import { type Invariant, violationOf } from './invariant.ts';
import { stoodStill } from './lease-bound.ts';
import type { Exchange, Grip, Observation } from './observation.ts';

const violation = violationOf('S4');
/** The polite request, the kill and the journalled undo after it. */
const letGoWithinMs = 2000;

export const restoreNeedsNothing: Invariant = {
  id: 'S4',
  claim: 'a restore that reaches a running agent lets go, whatever the disk says',
  check: (seen) =>
    seen.exchanges.flatMap((exchange) => {
      const { host, atMs, ask } = exchange;
      if (ask.type !== 'restore' && ask.type !== 'halt') return [];
      const untilMs = atMs + letGoWithinMs;
      if (untilMs > seen.untilMs || stoodStill(seen, { host, fromMs: atMs - 1, untilMs })) return [];
      return seen.grips
        .filter((grip) => grip.host === host && isMeant(seen, exchange, grip))
        .filter((grip) => grip.fromMs < atMs && (grip.untilMs ?? Number.POSITIVE_INFINITY) > untilMs)
        .map((grip) => violation(host, untilMs, `${ask.type} did not let go of ${grip.process ?? 'the host'}`));
    }),
};

function isMeant(seen: Observation, { ask }: Exchange, grip: Grip): boolean {
  if (ask.type === 'halt') return true;
  if (ask.type !== 'restore') return false;
  if (ask.target !== undefined) return ask.faultId === grip.faultId && ask.target === grip.process;
  if (ask.faultId !== undefined) return ask.faultId === grip.faultId;
  if (ask.runId === undefined) return true;
  return seen.told.some((each) => each.faultId === grip.faultId && each.runId === ask.runId);
}
