/** A unit with WatchdogSec= that is held still is ended by its own supervisor, which is another fault than the one asked. */
import { formatDurationMs } from '../../proto/quantity.ts';
import { type Limit, no } from './limit.ts';

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
