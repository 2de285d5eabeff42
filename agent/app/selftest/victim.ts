/**
 * What `leash-agent selftest` aims at: a process whose every thread stamps a file every two milliseconds, or, as
 * `burn`, one that does nothing but take a processor. It ends with the process that started it.
 *
 *   leash-selftest-victim PARENT_PID FILE THREADS      slot 0 is the main thread's, in nanoseconds of CLOCK_MONOTONIC
 *   leash-selftest-victim PARENT_PID burn
 */
import { openSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { tetherTo } from '../../../shared/tether.ts';

interface StampOrder {
  readonly fd: number;
  readonly slot: number;
}

const slotBytes = 8;
const everyMs = 2;

if (isMainThread) run(process.argv.slice(2));
else stampForEver(workerData as StampOrder);

function run([parentPid, file = '', threads]: readonly string[]): void {
  tetherTo(Number(parentPid), 'SIGKILL');
  if (file === 'burn') for (;;) Math.sqrt(Math.random());
  const fd = openSync(file, 'w+', 0o600);
  for (let slot = 1; slot <= Number(threads); slot += 1) {
    new Worker(fileURLToPath(import.meta.url), { workerData: { fd, slot } satisfies StampOrder });
  }
  setInterval(() => stamp({ fd, slot: 0 }), everyMs);
}

function stampForEver(order: StampOrder): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    stamp(order);
    Atomics.wait(cell, 0, 0, everyMs);
  }
}

function stamp({ fd, slot }: StampOrder): void {
  const number = Buffer.alloc(slotBytes);
  number.writeBigUInt64LE(process.hrtime.bigint());
  writeSync(fd, number, 0, slotBytes, slot * slotBytes);
}
