/** Logs go to standard error, one JSON line each. A plain destination: pino's worker transports do not survive bundling. */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export function createLogger(name: string, level = process.env.LEASH_LOG_LEVEL ?? 'info'): Logger {
  return pino({ name, level }, pino.destination({ fd: 2, sync: true }));
}
