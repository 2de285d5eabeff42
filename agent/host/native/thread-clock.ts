/** CPU time of the calling thread, and a sleep that no event loop delays (clock_gettime(2), nanosleep(2)). */
import { checked, lazily } from './system-call.ts';

const clockThreadCpu = 3;

const clockGettime = lazily('int clock_gettime(int clock, _Out_ int64_t *timespec)');
const nanosleep = lazily('int nanosleep(const int64_t *request, void *remaining)');
const timespec = new BigInt64Array(2);

export function threadCpuMs(): number {
  checked('clock_gettime', clockGettime(clockThreadCpu, timespec));
  return Number(timespec[0]) * 1000 + Number(timespec[1]) / 1e6;
}

/** Blocks the calling thread. A signal may end it early. */
export function blockForMs(ms: number): void {
  if (ms <= 0) return;
  const seconds = Math.floor(ms / 1000);
  nanosleep(BigInt64Array.of(BigInt(seconds), BigInt(Math.round((ms - seconds * 1000) * 1e6))), null);
}
