/**
 * Loaded into an agent by NODE_OPTIONS: the longest turn of its event loop, by the clock, and the most that one turn ran
 * on a CPU, since it was last asked. Asked by SIGUSR2, it answers in the file of LEASH_LOOP_PROBE.
 */
import { closeSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs';

const answerPath = process.env.LEASH_LOOP_PROBE;
const text = Buffer.alloc(128);

/** Of the thread that opens it: nanoseconds on a CPU, and in a run queue (scheduler/sched-stats of the kernel's documentation). */
const schedstat = openSync('/proc/thread-self/schedstat', 'r');

function now() {
  // The kernel brings the counter of a running thread up to date for this call, and otherwise at its next tick only.
  process.cpuUsage();
  const [ranNs, waitedNs] = text.latin1Slice(0, readSync(schedstat, text, 0, text.length, 0)).split(' ');
  return { atMs: performance.now(), ranMs: Number(ranNs) / 1e6, waitedMs: Number(waitedNs) / 1e6 };
}

let last = now();
let longest = nothing();

function nothing() {
  return { turns: 0, blockMs: 0, blockCpuMs: 0, waitedInLongestMs: 0 };
}

function tick() {
  const current = now();
  const blockMs = current.atMs - last.atMs;
  longest.turns += 1;
  if (blockMs > longest.blockMs) {
    longest.blockMs = blockMs;
    longest.waitedInLongestMs = current.waitedMs - last.waitedMs;
  }
  longest.blockCpuMs = Math.max(longest.blockCpuMs, current.ranMs - last.ranMs);
  last = current;
}

if (answerPath) {
  setInterval(tick, 1).unref();
  process.on('SIGUSR2', () => {
    // Written whole before it has its name.
    writeFileSync(`${answerPath}.part`, JSON.stringify(longest));
    renameSync(`${answerPath}.part`, answerPath);
    longest = nothing();
  });
} else {
  closeSync(schedstat);
}
