/** The holder program: `leash-holder` reads one order and then commands on stdin, and writes reports on stdout. */
import { isMainThread, workerData } from 'node:worker_threads';
import { createBootClock } from '../../shared/boot-clock.ts';
import { findFaultKind } from '../faults/index.ts';
import { createKernelTimer, type KernelTimer } from '../host/native/kernel-timer.ts';
import { armParentDeathSignal, parentPid } from '../host/native/parent-death.ts';
import { bindHolder } from './bind.ts';
import { keepChange, keeperWord } from './change-keeper.ts';
import { parseHolderCommand, parseHoldOrder } from './command-door.ts';
import type { HolderReport, HoldOrder } from './hold-order.ts';
import type { RunningHolder } from './holder.ts';
import { createLineReader } from './line-reader.ts';
import { createLinuxKernel } from './linux-kernel.ts';
import { guardProgram, guardWord } from './program-hold.ts';
import { runnerWord, runPrograms } from './program-runner.ts';
import { putBackOne, putBackWord } from './put-back-process.ts';
import { becomeStressor } from './stressor.ts';
import { type ThreadOrder, work } from './worker-threads.ts';

const lineLengthMax = 4 * 2 ** 20;
/** For an agent that hangs between the start of a holder and its order: nothing is touched yet, and nothing shall wait. */
const orderWithinMs = 5000;

if (isMainThread && process.argv[2] === guardWord) guardProgram();
else if (isMainThread && process.argv[2] === keeperWord) keepChange();
else if (isMainThread && process.argv[2] === runnerWord) runPrograms();
else if (isMainThread && process.argv[2] === putBackWord) putBackOne();
else if (isMainThread) run();
else work(workerData as ThreadOrder);

function run(): void {
  let holder: RunningHolder | undefined;
  // Before the order there is nothing to let go of.
  const end = (): void => (holder ? void holder.end() : process.exit(0));

  // Installed before the parent-death signal is armed, since for some bindings that is the signal which is handled.
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('uncaughtException', (error) => {
    process.stderr.write(`leash-holder: ${error.stack}\n`);
    if (holder) void holder.end(error.message);
    else process.exit(1);
  });

  const kernelTimer = createKernelTimer();
  kernelTimer.arm(createBootClock()() + orderWithinMs);
  const readLines = createLineReader(lineLengthMax, (line) => {
    if (holder) holder.obey(parseHolderCommand(line));
    else holder = bind(parseHoldOrder(line), kernelTimer);
  });
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', readLines);
  // The agent is gone, or it has let this holder go.
  process.stdin.on('end', end);
  process.stdin.on('error', end);
  process.stdout.on('error', end);
}

function bind(order: HoldOrder, kernelTimer: KernelTimer): RunningHolder {
  return bindHolder(order, {
    findFaultKind,
    becomeStressor,
    armParentDeathSignal,
    parentPid,
    kernelTimer,
    kernel: createLinuxKernel(process.argv[1] as string, order.stressCgroup),
    report,
    exit: (code) => process.exit(code),
  });
}

function report(value: HolderReport): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
