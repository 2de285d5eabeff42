/** Idle processes with a name of their own, for selectors to find. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { until } from './until.ts';

export interface Worker {
  readonly pid: number;
  readonly child: ChildProcess;
  isHeld(): boolean;
  isRunning(): boolean;
  end(): Promise<void>;
}

/** @param name at most 15 bytes, and unlike that of any other process on the machine. */
export async function startWorker(name: string): Promise<Worker> {
  const program = `process.title = ${JSON.stringify(name)}; setInterval(() => {}, 1e6); console.log('ready')`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = child.pid ?? 0;
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  await until(`${name} is ready`, () => output.includes('ready'));
  return {
    pid,
    child,
    isHeld: () => statesOf(pid).length > 0 && statesOf(pid).every((state) => state === 't' || state === 'T'),
    isRunning: () => statesOf(pid).length > 0 && statesOf(pid).every((state) => state !== 't' && state !== 'T'),
    async end() {
      child.kill('SIGKILL');
      await until(`${name} is gone`, () => child.exitCode !== null || child.signalCode !== null);
    },
  };
}

/** Unlike any other on this machine, also in a test that runs at the same time. */
export function workerName(letter: string): string {
  return `w${letter}${process.pid}x${Math.floor(performance.now()) % 1000}`.slice(0, 15);
}

export function statesOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((tid) => {
      const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'latin1');
      return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    });
  } catch {
    return [];
  }
}
