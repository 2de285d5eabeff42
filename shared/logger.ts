/** Logs go to standard error, one JSON line each. A plain destination: pino's worker transports do not survive bundling. */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export function createLogger(name: string, level = process.env.LEASH_LOG_LEVEL ?? 'info'): Logger {
  const destination = pino.destination({ fd: 2, sync: true });
  // A log that cannot be written, as on a full disk, must not end a program that holds faults or is to halt them.
  destination.on('error', () => undefined);
  return pino({ name, level }, destination);
}
