/** A run as a coordinator finds it in its store after it was gone. */
import { loadsAfterRestart } from './load.ts';
import { type LetGoOrder, openHosts, type Placement, type RunLife, type RunState } from './run.ts';

/**
 * Nothing is under way any more: an inject that was not answered is in doubt, and every host that owes something is to
 * be asked at once. Boot time starts anew with the machine, so no instant of the past may lie in the future.
 */
export function afterRestart(run: RunState, nowMs: number): RunState {
  const orders = openHosts(run).map((host): LetGoOrder => ({ host, attempts: 0, isUnderWay: false, retryAtMs: nowMs }));
  const isOver = run.life.phase === 'ending' || run.life.phase === 'ended';
  return {
    ...loadsAfterRestart(rollingBackAnew(run)),
    life: lifeAfterRestart(run.life, nowMs),
    placements: run.placements.map((placement) => placementAfterRestart(placement, nowMs)),
    // A run that is taken up again lets go of nothing; the others get their orders when they are ended.
    orders: isOver ? orders : [],
  };
}

/** Whether the hosts were asked is not known: they are asked again, and answer with what they did. */
function rollingBackAnew({ rollBackSinceMs: _since, ...run }: RunState): RunState {
  return run;
}

function lifeAfterRestart(life: RunLife, nowMs: number): RunLife {
  return life.phase === 'ending' ? { ...life, sinceMs: Math.min(life.sinceMs, nowMs) } : life;
}

function placementAfterRestart(placement: Placement, nowMs: number): Placement {
  const { life } = placement;
  switch (life.phase) {
    case 'ordered': {
      const detail = 'the coordinator was restarted before the answer';
      return { ...placement, life: { phase: 'unknown', orderedAtMs: Math.min(life.atMs, nowMs), detail } };
    }
    case 'unknown':
      return { ...placement, life: { ...life, orderedAtMs: Math.min(life.orderedAtMs, nowMs) } };
    case 'unconfirmed':
      return { ...placement, life: { ...life, sinceMs: Math.min(life.sinceMs, nowMs) } };
    default:
      return placement;
  }
}
