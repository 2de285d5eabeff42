/**
 * The queue: runs that wait for others to give back zones, services or hosts. It is nowhere but in the runs themselves, so
 * it is as durable as they are. It is looked at in order when a run ends, and each second while somebody waits.
 */
import { type QueuedRun, queued } from '../core/queueing.ts';
import type { EnginePorts } from './ports.ts';
import type { RunKeeper } from './run-keeper.ts';

export interface RunQueueContext extends Pick<EnginePorts, 'clock' | 'warn'> {
  readonly keeper: RunKeeper;
  /** @returns why it has to go on waiting; undefined when it began, or ended. */
  tryToBegin(run: QueuedRun): Promise<string | undefined>;
}

export interface RunQueue {
  /** Resolves when everybody in it was looked at, after this call. */
  look(): Promise<void>;
  /** The first look, when the hosts are back where somebody waits; no other comes before it. */
  takeUp(hostsAreBack: () => Promise<void>): void;
  stop(): void;
}

const lookEveryMs = 1000;

export function createRunQueue({ clock, keeper, warn, tryToBegin }: RunQueueContext): RunQueue {
  let open = (): void => undefined;
  let looking = new Promise<void>((resolve) => {
    open = resolve;
  });
  let cancel = (): void => undefined;
  let isStopped = false;

  /** One look at a time: two would offer the same zone to two runs. */
  function look(): Promise<void> {
    looking = looking.then(lookOnce);
    return looking;
  }

  async function lookOnce(): Promise<void> {
    cancel();
    if (isStopped) return;
    for (const { facts } of queued(keeper.all())) {
      keeper.dispatch(facts.runId, { type: 'tick' });
      const place = queued(keeper.all()).findIndex((run) => run.facts.runId === facts.runId) + 1;
      const [run] = queued(keeper.all()).slice(place - 1, place);
      if (isStopped || place === 0 || !run) continue;
      const why = await tryToBegin(run).catch((error: unknown) => {
        warn(`run ${facts.runId} stays queued: it could not be looked at`, error);
        return run.life.why;
      });
      if (why !== undefined) keeper.dispatch(facts.runId, { type: 'queue-moved', place, why });
    }
    if (!isStopped && queued(keeper.all()).length > 0) cancel = clock.after(lookEveryMs, () => void look());
  }

  const unwatch = keeper.watch(({ kind, runId }) => {
    // What a run had is given back with the record of its end.
    if (kind === 'end' && queued(keeper.all()).length > 0) void keeper.recorded(runId).then(look);
  });

  return {
    look,
    takeUp(hostsAreBack) {
      if (queued(keeper.all()).length === 0) return open();
      void hostsAreBack().then(open);
      void look();
    },
    stop() {
      isStopped = true;
      cancel();
      unwatch();
    },
  };
}
