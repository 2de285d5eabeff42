/** What the coordinator tells systemd: that it answers, whether it is halted, and, for as long as its engine turns, that it lives. */
import { createServiceManager } from '../../shared/service-manager.ts';
import type { Engine } from '../engine/engine-api.ts';

/** Three beats: one may be late, and one lost. */
const turnsWithinMs = 9000;

/** @returns what says that it goes, and feeds the watchdog no more. */
export function tellServiceManager(
  engine: Pick<Engine, 'lastBeatAtMs' | 'latch'>,
  bootMs: () => number,
  manager = createServiceManager(),
): () => void {
  const status = (): string => `STATUS=${engine.latch().isHalted ? 'halted' : 'armed'}`;
  manager.notify(`READY=1\n${status()}`);
  const feed = (): void => {
    if (bootMs() - engine.lastBeatAtMs() < turnsWithinMs) manager.notify(`WATCHDOG=1\n${status()}`);
  };
  const timer = manager.watchdogEveryMs === undefined ? undefined : setInterval(feed, manager.watchdogEveryMs);
  return () => {
    clearInterval(timer);
    manager.notify('STOPPING=1');
  };
}
