/** A process of the selftest's own, which nobody misses, and whose threads can be seen to run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ProcessIdentity, parsePid } from '../../../proto/identity.ts';
import { createHostView } from '../../host/host-view.ts';
import { identify } from '../../host/process-identity.ts';
import { within } from './within.ts';

export interface ThrowAwayVictim {
  readonly identity: ProcessIdentity;
  /** Whether every one of its threads is stopped, by the kernel's word. */
  isHeld(): boolean;
  /** Waits until each thread has stamped after that instant (CLOCK_MONOTONIC). @returns how late the last one was, in ms. @throws Error */
  everyThreadRanAfter(instantNs: bigint, withinMs?: number): Promise<number>;
  /** A signal of the selftest, as from anybody. */
  signal(name: NodeJS.Signals): void;
  end(): Promise<void>;
}

export const victimThreads = 20;
const readyWithinMs = 10_000;
/** After this a thread that has not run counts as held for good. */
const runsWithinMs = 5000;

export async function startVictim(directory: string): Promise<ThrowAwayVictim> {
  const file = `${directory}/stamps-${process.hrtime.bigint()}`;
  const child = startProgram(file, String(victimThreads));
  const pid = parsePid(child.pid);
  const threads = victimThreads + 1;
  const bytes = Buffer.alloc(threads * 8);
  await within(readyWithinMs, 'the victim has its file', () => existsSync(file));
  const fd = openSync(file, 'r');
  const stamps = (): readonly bigint[] => {
    readSync(fd, bytes, 0, bytes.length, 0);
    return Array.from({ length: threads }, (_, slot) => bytes.readBigUInt64LE(slot * 8));
  };
  await within(readyWithinMs, 'each thread of the victim runs', () => stamps().every((stamp) => stamp > 0n));
  const identity = identify(pid);
  if (!identity) throw new Error('the victim ended before it was used');
  const host = createHostView();
  return {
    identity,
    isHeld() {
      const seen = host.threads(identity);
      return seen.kind === 'threads' && seen.states.every((state) => state === 't' || state === 'T');
    },
    async everyThreadRanAfter(instantNs, withinMs = runsWithinMs) {
      const lateMs = new Map<number, number>();
      await within(withinMs, 'each thread of the victim runs again', () => {
        for (const [thread, stamp] of stamps().entries()) {
          if (stamp > instantNs && !lateMs.has(thread)) lateMs.set(thread, Number(stamp - instantNs) / 1e6);
        }
        return lateMs.size === threads;
      });
      return Math.max(...lateMs.values());
    },
    signal: (name) => void child.kill(name),
    async end() {
      closeSync(fd);
      await endOf(child);
    },
  };
}

/** Takes one processor, until it is ended. */
export function startBurner(): { end(): Promise<void> } {
  const child = startProgram('burn');
  return { end: () => endOf(child) };
}

function startProgram(...args: readonly string[]): ChildProcess {
  const program = fileURLToPath(new URL('leash-selftest-victim.js', import.meta.url));
  return spawn(process.execPath, [program, String(process.pid), ...args], { stdio: 'ignore' });
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
