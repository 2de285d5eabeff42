/**
 * Measuring in short windows on a machine that others use too: what they burned is told beside each figure, and the
 * windows in which they were quiet count first.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { processCpuMs } from '../../agent/host/native/thread-clock.ts';
import { type Pid, parsePid } from '../../proto/identity.ts';
import { percentile } from './figures.ts';
import { goFirst } from './precedence.ts';

/** In percent of one CPU. */
export interface Windows {
  /** The median of the quiet windows, or of all where too few were quiet. */
  readonly percent: number;
  readonly windows: number;
  /** The rest of the host used less than 5 % of one CPU in them. */
  readonly quietWindows: number;
  /** By the rest of the host, in the windows that `percent` is from; stolen by other virtual machines included. */
  readonly othersCpuPercent: number;
  /** Whether the measured went before everything else on the host: then it is others who waited. */
  readonly wentFirst: boolean;
}

export interface Watched {
  /** Milliseconds, ever growing. */
  readonly counterMs: () => number;
  /** What belongs to the measurement: the rest of the host is all but these, and this process. */
  readonly pids: readonly number[];
  /** What burns, and who holds it: they go before all others from here on. Left out, they compete. */
  readonly first?: { readonly measured: number; readonly holder?: number };
}

const windowMs = 1000;
const quietMaxPercent = 5;
const quietWanted = 5;
/** Where it has to compete, it is waited for a quiet moment. */
const competingWindowsMax = 15;
const tickMs = 10;

export async function watchWindows({ counterMs, pids, first }: Watched): Promise<Windows> {
  const ours = [...pids.map((pid) => parsePid(pid)), parsePid(process.pid)];
  const wentFirst = first !== undefined && putFirst(first);
  const windowsMax = wentFirst ? quietWanted : competingWindowsMax;
  const seen: { readonly percent: number; readonly others: number }[] = [];
  const quiet = () => seen.filter(({ others }) => others < quietMaxPercent);
  while (quiet().length < quietWanted && seen.length < windowsMax) seen.push(await oneWindow(counterMs, ours));
  const counted = quiet().length > quietWanted / 2 ? quiet() : seen;
  return {
    percent: twoDecimals(median(counted.map(({ percent }) => percent))),
    windows: seen.length,
    quietWindows: quiet().length,
    othersCpuPercent: twoDecimals(median(counted.map(({ others }) => others))),
    wentFirst,
  };
}

export function twoDecimals(value: number): number {
  return Math.round(value * 100) / 100;
}

function putFirst({ measured, holder }: NonNullable<Watched['first']>): boolean {
  const first = [goFirst(process.pid, 'bench'), goFirst(measured, 'measured')];
  if (holder !== undefined) first.push(goFirst(holder, 'holder'));
  return first.every(Boolean);
}

async function oneWindow(counterMs: () => number, ours: readonly Pid[]) {
  const snapshot = () => ({ atMs: performance.now(), counter: counterMs(), idleMs: idleMs(), own: burnedBy(ours) });
  const from = snapshot();
  await wait(windowMs);
  const to = snapshot();
  const elapsedMs = to.atMs - from.atMs;
  const othersMs = availableParallelism() * elapsedMs - (to.idleMs - from.idleMs) - (to.own - from.own);
  return {
    percent: (100 * (to.counter - from.counter)) / elapsedMs,
    others: Math.max(0, (100 * othersMs) / elapsedMs),
  };
}

function burnedBy(pids: readonly Pid[]): number {
  return pids.reduce((sum, pid) => sum + (processCpuMs(pid) ?? 0), 0);
}

/** Idle, or waiting for a device: the kernel measures these two, and samples all the others (proc_stat(5)). */
function idleMs(): number {
  const [, ...ticks] = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.trim().split(/\s+/) ?? [];
  const [, , , idle = 0, waiting = 0] = ticks.map(Number);
  return (idle + waiting) * tickMs;
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
