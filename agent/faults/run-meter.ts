/**
 * How much of a turn its targets could run. The instants of the holder's own calls do not tell: a target that is let go
 * has to be woken first, and one that is asked to stop runs on until it hears of it.
 */
import type { HeldTarget, HolderKernel } from '../holders/holder-kernel.ts';

export interface RunMeter {
  /** Call right before the stop is asked for. */
  stopAsked(): void;
  /** Call once everything is held. */
  held(): RunSeen;
}

export interface RunSeen {
  /** When the last target had stopped. */
  readonly heldSinceMs: number;
  /** Of the target that could make the most of its turn: it ran, slept, or waited because others had the CPU. */
  readonly ranMs: number;
}

/**
 * What it takes to let a target go and to wake it is the price of having been held, and not time to run. Of a target that
 * is busy all the time it is known exactly: what it did not run of its turn. It counts up to what it costs on an idle host,
 * though: what is longer is the doing of others who want the CPU, and made up for, it would leave nothing of the fault on a
 * busy host.
 */
const wakeUpMaxMs = 0.5;
/** Of a turn: a target that runs more than this of it is busy all the time, since others seldom take so little. */
const alwaysBusyMin = 0.6;
/** Of a target that sleeps now and then, only waiting in a run queue can be told from sleep. */
const queuedMaxMs = 0.1;
/** Of a CPU: a target that uses less than this sleeps, and nothing can be told from what it runs. */
const busyMin = 0.05;

/** Call right before the release: a target that is woken may take the CPU from this thread at once. */
export function meterRun(targets: readonly HeldTarget[], kernel: HolderKernel): RunMeter {
  const releasedAtMs = kernel.bootMs();
  const readings = targets.map((target) => ({ target, before: kernel.cpuUse(target), asked: kernel.cpuUse(target) }));
  let askedAtMs = releasedAtMs;

  return {
    stopAsked() {
      for (const reading of readings) reading.asked = kernel.cpuUse(reading.target);
      askedAtMs = kernel.bootMs();
    },
    held() {
      const nowMs = kernel.bootMs();
      let seen: RunSeen = { heldSinceMs: askedAtMs, ranMs: 0 };
      for (const { target, before, asked } of readings) {
        const now = kernel.cpuUse(target);
        if (!before || !asked || !now) continue;
        // Its first thread, in case it is the busy one, is known exactly: on a CPU, or waiting for one, until it stopped.
        const firstThreadMs =
          releasedAtMs +
          (now.firstThreadRanMs + now.firstThreadWaitedMs) -
          (before.firstThreadRanMs + before.firstThreadWaitedMs);
        // Of the others it is known how much they ran after the question, and how fast they ran before it.
        const speed = askedAtMs > releasedAtMs ? (asked.ranMs - before.ranMs) / (askedAtMs - releasedAtMs) : 0;
        const ranOnMs = speed < busyMin ? 0 : (now.ranMs - asked.ranMs) / speed;
        const heldSinceMs = Math.min(nowMs, Math.max(askedAtMs + ranOnMs, firstThreadMs));
        const freeMs = heldSinceMs - releasedAtMs;
        const ranMs = now.ranMs - before.ranMs;
        const wokenMs =
          ranMs > alwaysBusyMin * freeMs
            ? Math.max(0, Math.min(wakeUpMaxMs, freeMs - ranMs))
            : Math.min(queuedMaxMs, now.firstThreadWaitedMs - before.firstThreadWaitedMs);
        seen = {
          heldSinceMs: Math.max(seen.heldSinceMs, heldSinceMs),
          ranMs: Math.max(seen.ranMs, freeMs - wokenMs),
        };
      }
      return seen;
    },
  };
}
