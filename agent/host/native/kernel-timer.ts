/** A timer that the kernel itself runs: it ends this process also while it is blocked, stopped or starved. */
import { checked, lazily } from './system-call.ts';

const clockBoottime = 7;
const notifyBySignal = 0;
const absoluteTime = 1;
const signalKill = 9;

const timerCreate = lazily('int timer_create(int clock, const uint8_t *event, _Out_ uintptr_t *timer)');
const timerSettime = lazily('int timer_settime(uintptr_t timer, int flags, const int64_t *setting, void *previous)');

export interface KernelTimer {
  /** SIGKILLs this process at the given instant of CLOCK_BOOTTIME; at once when it has passed. Replaces the last one. */
  arm(atBootMs: number): void;
  disarm(): void;
}

/** POSIX timer on CLOCK_BOOTTIME, which counts suspend (timer_create(2)). @throws SystemCallError EAGAIN, EINVAL. */
export function createKernelTimer(): KernelTimer {
  // struct sigevent: sigev_value (8 bytes), sigev_signo, sigev_notify; 64 bytes in all.
  const event = Buffer.alloc(64);
  event.writeInt32LE(signalKill, 8);
  event.writeInt32LE(notifyBySignal, 12);
  const made = [0n];
  checked('timer_create', timerCreate(clockBoottime, event, made));
  const timer = made[0];

  function set(seconds: bigint, nanoseconds: bigint): void {
    // struct itimerspec: the interval, then the value; a value of zero disarms.
    const setting = BigInt64Array.of(0n, 0n, seconds, nanoseconds);
    checked('timer_settime', timerSettime(timer, absoluteTime, setting, null));
  }

  return {
    arm(atBootMs) {
      const nanoseconds = BigInt(Math.max(1, Math.round(atBootMs * 1e6)));
      set(nanoseconds / 1_000_000_000n, nanoseconds % 1_000_000_000n);
    },
    disarm: () => set(0n, 0n),
  };
}
