/** Thousands of processes that do nothing, cheap to start, and sure to end. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { type Pid, parsePid } from '../../proto/identity.ts';

export interface Sleepers {
  /** All of them descend from it. */
  readonly rootPid: Pid;
  /** Waits until the youngest is older than ten seconds. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** A shell keeps a list of its children, and searches it at each start. */
const perShell = 500;
const livesAtMostSeconds = 600;
const settledAfterMs = 11_000;

/** Ends its children when its input ends, however the bench ends; they are its own and not yet reaped, so no pid is another's. */
const script = [
  'started=0',
  'while [ "$started" -lt "$1" ]; do sleep "$2" & pids="$pids $!"; started=$((started + 1)); done',
  'echo ready',
  'read -r line',
  'kill -KILL $pids',
  'wait',
].join('\n');

export async function startSleepers(count: number): Promise<Sleepers> {
  const shells: ChildProcessByStdio<Writable, Readable, null>[] = [];
  const stop = async (): Promise<void> => {
    const ends = shells.map((shell) => once(shell, 'exit'));
    for (const shell of shells) shell.stdin.end();
    await Promise.all(ends);
  };
  for (let started = 0; started < count; started += perShell) {
    const some = Math.min(perShell, count - started);
    const shell = spawn('/bin/sh', ['-c', script, 'sleepers', String(some), String(livesAtMostSeconds)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    shells.push(shell);
    await once(shell.stdout, 'data');
  }
  const startedAtMs = performance.now();
  return {
    rootPid: parsePid(process.pid),
    async settled() {
      const leftMs = startedAtMs + settledAfterMs - performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, leftMs)));
    },
    stop,
  };
}
