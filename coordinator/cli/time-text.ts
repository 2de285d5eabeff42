/** Times and durations as people read them. */
import { formatDurationMs } from '../../proto/quantity.ts';

export function ago(ms: number): string {
  return `${formatDurationMs(ms)} ago`;
}

/** Local time of day, "21:03:04.250". */
export function clockTime(unixMs: number): string {
  const date = new Date(unixMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** "2026-03-01T12:00:00Z", in UTC: what goes into reports. */
export function timestamp(unixMs: number): string {
  return new Date(unixMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
