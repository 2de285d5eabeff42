/** What the agent tells systemd: that it answers, that its engine turns, and what `systemctl status` says of this host. */
import { createServiceManager } from '../../shared/service-manager.ts';
import type { Engine } from '../engine/engine.ts';

export interface ToldParts {
  readonly engine: Pick<Engine, 'dispatch' | 'state'>;
  stage(): string;
  /** What stands in the way of every fault, in words, as far as is known already. */
  problem(): string | undefined;
  /** The same of the disk, which is asked, and may never answer. */
  diskProblem(): Promise<string | undefined>;
  readonly log: { error(fields: object, message: string): void };
}

/** @returns what says that it goes, and feeds the watchdog no more. */
export function tellServiceManager(parts: ToldParts, manager = createServiceManager()): () => void {
  const { engine, log } = parts;
  let ofDisk: string | undefined;
  let isAsking = false;

  const status = (): string =>
    `STATUS=${statusLine(engine.state().latch.isHalted, parts.stage(), parts.problem() ?? ofDisk)}`;

  /** One question at a time: a disk that hangs would take a thread for each. */
  async function askDisk(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    const problem = await parts.diskProblem();
    isAsking = false;
    if (problem === ofDisk) return;
    ofDisk = problem;
    if (problem !== undefined)
      log.error({ problem }, 'mend this first: without room for the audit nothing is injected');
    manager.notify(status());
  }

  manager.notify(`READY=1\n${status()}`);
  void askDisk();
  const feed = (): void => {
    // By a turn of the engine itself: a loop that no longer decides does not feed it.
    engine.dispatch({ type: 'tick' });
    manager.notify(`WATCHDOG=1\n${status()}`);
    void askDisk();
  };
  const timer = manager.watchdogEveryMs === undefined ? undefined : setInterval(feed, manager.watchdogEveryMs);
  return () => {
    clearInterval(timer);
    manager.notify('STOPPING=1');
  };
}

function statusLine(isHalted: boolean, stage: string, problem: string | undefined): string {
  const state = `${isHalted ? 'halted' : 'armed'}, stage ${stage}`;
  return problem === undefined ? state : `${state}; mend this first: ${problem.split('\n', 1)[0]}`;
}
