/**
 * A process with many threads, each of which stamps a file every few milliseconds while it runs.
 *
 *   node threads.mjs FILE THREADS INTERVAL_MS
 *
 * FILE holds 64-bit little-endian numbers: slot 0 is the main thread's stamp, slots 1 to THREADS are the workers', all
 * in nanoseconds of CLOCK_MONOTONIC; the slot after them counts the SIGUSR1s that were received. Says "ready" when every
 * thread has stamped once.
 */
import { openSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

const slotBytes = 8;
const number = Buffer.alloc(slotBytes);

function write(fd, slot, value) {
  number.writeBigUInt64LE(value);
  writeSync(fd, number, 0, slotBytes, slot * slotBytes);
}

function stampForEver({ fd, slot, intervalMs, stamped }) {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let isFirst = true; ; isFirst = false) {
    write(fd, slot, process.hrtime.bigint());
    if (isFirst) Atomics.add(stamped, 0, 1);
    Atomics.wait(cell, 0, 0, intervalMs);
  }
}

function run([file, threadsText, intervalText]) {
  const threads = Number(threadsText);
  const intervalMs = Number(intervalText);
  const fd = openSync(file, 'w+');
  const stamped = new Int32Array(new SharedArrayBuffer(4));
  let signals = 0n;
  write(fd, threads + 1, signals);
  process.on('SIGUSR1', () => {
    signals += 1n;
    write(fd, threads + 1, signals);
  });
  for (let slot = 1; slot <= threads; slot++) {
    new Worker(fileURLToPath(import.meta.url), { workerData: { fd, slot, intervalMs, stamped } });
  }
  let isReady = false;
  setInterval(() => {
    write(fd, 0, process.hrtime.bigint());
    if (isReady || Atomics.load(stamped, 0) < threads) return;
    isReady = true;
    process.stdout.write('ready\n');
  }, intervalMs);
}

if (isMainThread) run(process.argv.slice(2));
else stampForEver(workerData);
