/** Programs of any language that a test starts, speaks with by lines, and pauses through a real agent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { AgentRig } from '../../rig/agent.ts';
import { inject } from '../../rig/inject.ts';
import { until } from '../../rig/until.ts';
import { bootMs } from './agent.ts';

export interface Program {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it has printed, without the part of a line that is still to come. */
  lines(): readonly string[];
  /** Sends a word of its own, and waits for the line that begins with it, or with `prefix` and it. */
  ask(prefix?: string): Promise<string>;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  /** Said on a line of its own once it is ready; undefined for one that says nothing. */
  readonly ready?: string;
  readonly uid?: number;
}

export async function startProgram(
  command: string,
  args: readonly string[],
  { ready, uid }: ProgramOptions = {},
): Promise<Program> {
  const user = uid === undefined ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  // setpriv becomes the program, which then ends with the tests also when they fail.
  const child = spawn('setpriv', [...user, '--pdeathsig', 'KILL', '--', command, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  const lines: string[] = [];
  let rest = '';
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  if (ready !== undefined) {
    await until(`${command} is ready`, () => {
      if (hasEnded()) throw new Error(`${command} ended with ${child.exitCode ?? child.signalCode}`);
      return lines.includes(ready);
    });
  }
  return {
    pid: child.pid as number,
    child,
    lines: () => lines,
    async ask(prefix = '') {
      const word = randomUUID();
      child.stdin.write(`${word}\n`);
      return until(`${command} answers`, () => lines.find((line) => line.startsWith(prefix + word)));
    },
    async stop() {
      if (!hasEnded()) child.kill('SIGKILL');
      await until(`${command} is gone`, hasEnded);
    },
  };
}

/** The letters of all threads of these processes; those that have exited left out (proc_pid_stat(5)). */
export function threadStates(pids: readonly number[]): readonly string[] {
  return pids
    .flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((tid) => stateOf(`/proc/${pid}/task/${tid}/stat`)))
    .filter((state) => state !== '' && state !== 'Z');
}

/** The processes that it started, and those that they did, and so on. */
export function descendantsOf(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((tid) =>
    readFileSync(`/proc/${pid}/task/${tid}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

export interface Paused {
  /** Through the agent, whose receipt must say that each target runs again. */
  restore(): Promise<void>;
}

/** Returns when every thread of each has been seen stopped. */
export async function pause({ client }: AgentRig, pids: readonly number[]): Promise<Paused> {
  const selector = { anyOf: pids.map((pid) => ({ pid })) };
  const fault = await inject(client, { kind: 'process.pause', selector });
  expect(fault.targets?.map(({ pid }) => pid).sort()).toEqual([...pids].sort());
  expect(fault.binding).toBe(1);
  expect(new Set(threadStates(pids))).toEqual(new Set(['t']));
  return {
    async restore() {
      const { receipts } = await client.call('restore', { faultId: fault.faultId ?? '', reason: 'the test is over' });
      expect(receipts?.[0]?.confirmed).toBe(true);
      for (const target of receipts?.[0]?.targets ?? []) {
        expect(target).toMatchObject({ outcome: 1, threadsRunning: target.threads });
      }
      expect(threadStates(pids)).not.toContain('t');
    },
  };
}

/**
 * It answers; paused, it does not answer and every thread stays stopped; restored, it answers what it was asked
 * meanwhile, and what it is asked then.
 * @returns the three answers.
 */
export async function pauseAndAsk<Answer>(
  rig: AgentRig,
  pids: readonly number[],
  ask: () => Promise<Answer>,
): Promise<readonly [Answer, Answer, Answer]> {
  const before = await ask();
  const paused = await pause(rig, pids);
  const heldAtMs = bootMs();
  let hasAnswered = false;
  const asked = ask().finally(() => {
    hasAnswered = true;
  });
  await until('it was held for a while', () => bootMs() > heldAtMs + 100);
  expect(hasAnswered).toBe(false);
  expect(new Set(threadStates(pids))).toEqual(new Set(['t']));
  await paused.restore();
  return [before, await asked, await ask()];
}

function stateOf(path: string): string {
  try {
    const stat = readFileSync(path, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return '';
  }
}
