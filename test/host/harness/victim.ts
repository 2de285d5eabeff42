/** Victims: real little programs that say when they are ready. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHostView } from '../../../agent/host/host-view.ts';
import { closePidfd, openPidfd, signalPidfd } from '../../../agent/host/native/pidfd.ts';
import type { ProcessIdentity } from '../../../proto/identity.ts';
import { identityOf } from './agent.ts';
import { victimProgram } from './build.ts';
import { until } from './until.ts';

export const host = createHostView();

export interface Victim {
  readonly identity: ProcessIdentity;
  readonly child: ChildProcess;
  /** What it has printed. */
  output(): string;
  /** The state letter of each thread; none when it is gone. */
  states(): readonly string[];
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export async function startVictim(name: string, ...programArgs: readonly string[]): Promise<Victim> {
  return startVictimOf(name, [process.execPath, victimProgram(name), ...programArgs]);
}

/** A program of any language that prints "ready". @param isApart in a session of its own, as a service is. */
export async function startVictimOf(
  name: string,
  command: readonly string[],
  { isApart = false } = {},
): Promise<Victim> {
  // setpriv becomes the victim, which then ends with the tests also when they fail.
  const args = ['--pdeathsig', 'KILL', '--', ...command];
  const child = spawn('setpriv', args, { stdio: ['ignore', 'pipe', 'inherit'], detached: isApart });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    output += chunk;
  });
  let isGone = false;
  child.once('exit', () => {
    isGone = true;
  });
  await until(`${name} is ready`, () => output.includes('ready'), 10_000);
  const identity = identityOf(child);
  return {
    identity,
    child,
    output: () => output,
    states: () => statesOf(identity),
    signal: (signal) => void (isGone || child.kill(signal)),
    async stop() {
      if (!isGone) child.kill('SIGKILL');
      await until(`${name} is gone`, () => isGone);
    },
  };
}

/** Not a child of the tests: Node waits for its own children, and would take the stops of one that the test traces. */
export async function startGrandchild(name: string, ...programArgs: readonly string[]): Promise<Victim> {
  const parent = await startVictim('parent.mjs', victimProgram(name), ...programArgs);
  const identity = identityOf(Number(/ready (\d+)/.exec(parent.output())?.[1]));
  const pidfd = openPidfd(identity.pid);
  return {
    ...parent,
    identity,
    states: () => statesOf(identity),
    signal: (signal) => void signalPidfd(pidfd, constants.signals[signal]),
    async stop() {
      signalPidfd(pidfd, constants.signals.SIGKILL);
      await until(`${name} was reaped`, () => parent.output().includes('reaped'));
      closePidfd(pidfd);
      await parent.stop();
    },
  };
}

export function statesOf(identity: ProcessIdentity): readonly string[] {
  const seen = host.threads(identity);
  return seen.kind === 'gone' ? [] : seen.states;
}

export interface StampingVictim extends Victim {
  readonly threads: number;
  /** Nanoseconds of CLOCK_MONOTONIC, one for each thread that stamps. */
  stamps(): readonly bigint[];
  /** SIGUSR1s received. */
  signalsReceived(): number;
}

/** `threads` workers and the main thread, each stamping every `intervalMs`. One read of 8 bytes a thread sees them all. */
export async function startStampingVictim({
  threads = 20,
  intervalMs = 2,
  start = startVictim,
} = {}): Promise<StampingVictim> {
  const folder = mkdtempSync(join(tmpdir(), 'leash-victim-'));
  const file = join(folder, 'stamps');
  const victim = await start('threads.mjs', file, String(threads), String(intervalMs));
  const fd = openSync(file, 'r');
  const bytes = Buffer.alloc((threads + 2) * 8);
  const read = (): Buffer => {
    readSync(fd, bytes, 0, bytes.length, 0);
    return bytes;
  };
  return {
    ...victim,
    threads,
    stamps() {
      read();
      return Array.from({ length: threads + 1 }, (_, slot) => bytes.readBigUInt64LE(slot * 8));
    },
    signalsReceived: () => Number(read().readBigUInt64LE((threads + 1) * 8)),
    async stop() {
      await victim.stop();
      closeSync(fd);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Milliseconds from the given instant of CLOCK_MONOTONIC until the last thread had stamped after it. */
export async function everyThreadStampedAfter(
  victim: StampingVictim,
  instantNs: bigint,
  withinMs = 2000,
): Promise<number> {
  await until('every thread has stamped', () => victim.stamps().every((stamp) => stamp > instantNs), withinMs, 0);
  return Number(process.hrtime.bigint() - instantNs) / 1e6;
}
