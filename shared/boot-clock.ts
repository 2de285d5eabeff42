/** Boot time: it counts suspend and ignores clock steps, so that leases are measured on it (clock_gettime(2)). */
import { readFileSync } from 'node:fs';
import { loadLibc } from './libc.ts';

const clockBoottime = 7;

/** Milliseconds since boot on CLOCK_BOOTTIME; from /proc/uptime, which lags by up to 10 ms, where libc is not to be had. */
export function createBootClock(): () => number {
  const libc = loadLibc();
  if (libc instanceof Error) return () => Number(readFileSync('/proc/uptime', 'latin1').split(' ', 1)[0]) * 1000;
  const clockGettime = libc.func('int clock_gettime(int clock, _Out_ int64_t *timespec)');
  const timespec = new BigInt64Array(2);
  return () => {
    clockGettime(clockBoottime, timespec);
    return Number(timespec[0]) * 1000 + Number(timespec[1]) / 1e6;
  };
}
