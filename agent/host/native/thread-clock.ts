/** CPU time of the calling thread and of a process, and a sleep that no event loop delays (clock_gettime(2), nanosleep(2)). */
import type { Pid } from '../../../proto/identity.ts';
import { checked, lazily } from './system-call.ts';

const clockThreadCpu = 3;
/** CPUCLOCK_SCHED, include/linux/posix-timers_types.h: exact, and not in ticks. */
const cpuClockScheduled = 2;

const clockGettime = lazily('int clock_gettime(int clock, _Out_ int64_t *timespec)');
const nanosleep = lazily('int nanosleep(const int64_t *request, void *remaining)');
const timespec = new BigInt64Array(2);

export function threadCpuMs(): number {
  checked('clock_gettime', clockGettime(clockThreadCpu, timespec));
  return Number(timespec[0]) * 1000 + Number(timespec[1]) / 1e6;
}

/** Of all threads of a process, those that ended included; undefined once it is gone. No privilege is needed. */
export function processCpuMs(pid: Pid): number | undefined {
  // As clock_getcpuclockid(3) makes it, which nobody would have to call for that.
  if (clockGettime((~pid << 3) | cpuClockScheduled, timespec) < 0) return undefined;
  return Number(timespec[0]) * 1000 + Number(timespec[1]) / 1e6;
}

/** Blocks the calling thread. A signal may end it early. */
export function blockForMs(ms: number): void {
  if (ms <= 0) return;
  const seconds = Math.floor(ms / 1000);
  nanosleep(BigInt64Array.of(BigInt(seconds), BigInt(Math.round((ms - seconds * 1000) * 1e6))), null);
}
