/** A unit with WatchdogSec= that is held still is ended by its own supervisor, which is another fault than the one asked. */
import { formatDurationMs } from '../../proto/quantity.ts';
import { type Limit, no, type UnitWatchdog } from './limit.ts';

export const watchdogLimit: Limit = {
  name: 'watchdog',
  isFixed: true,
  summary: 'units that their supervisor ends when they are silent are held still only with despiteWatchdog: true',
  shown: () => 'refused, unless the fault says despiteWatchdog: true',
  refusals: ({ fault, watchdogs }) =>
    watchdogs.flatMap(({ unit, watchdog }) => {
      const wayOut = `${fault.kind} takes despiteWatchdog: true to hold it still`;
      if (watchdog === 'unknown') {
        const message = `whether ${unit} has a WatchdogSec= cannot be told; ${wayOut}`;
        return no('watchdog', 'watchdog', message, { value: unit });
      }
      const bound = formatDurationMs(watchdog);
      const message = `${unit} has WatchdogSec=${bound}, and its supervisor ends it when it is silent for that long; ${wayOut}`;
      return no('watchdog', 'watchdog', message, { value: unit, bound });
    }),
};

/** What comes of it where the caller says that it may be. Of the two signals, only the second one ends what is held still. */
export function watchdogWarning({ unit, watchdog }: UnitWatchdog): string {
  const what =
    watchdog === 'unknown'
      ? `${unit} may have a WatchdogSec=`
      : `${unit} has WatchdogSec=${formatDurationMs(watchdog)}`;
  return `${what}: its supervisor ends it when it is held still for longer, by SIGABRT and after its TimeoutAbortSec= by SIGKILL, and it runs again only where its Restart= says so`;
}
