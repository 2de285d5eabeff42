/**
 * The process that keeps a change, and is all that it takes to undo it: it was started before the change was made, has no
 * capability, and needs nothing but the end of its stdin.
 *
 *   holder ──pipe──▶ keeper ──▶ check, make, check … end of the pipe, however it came ──▶ check, undo, check
 *
 * SIGKILL of the holder and of the agent together ends the pipe too. Where the keeper is killed with them, the journal is
 * left, whose replay starts one for the undo alone.
 */
import { spawn } from 'node:child_process';
import type { ChangeSeen, ListedChange } from '../core/change.ts';
import { becomeProgram } from '../host/native/become-program.ts';
import { giveUpPrivileges } from '../host/native/give-up-privileges.ts';
import { armParentDeathSignal } from '../host/native/parent-death.ts';
import { alsoAfterSigterm } from '../host/settings/program.ts';
import { createLineReader } from './line-reader.ts';
import { programEnvironment, refuseWritable } from './trusted-program.ts';

/** The first argument of a holder program that is to be a keeper. */
export const keeperWord = 'keep';

export interface KeeperOrder {
  /** `keep`: make it, and undo it at the end of stdin. `undo` and `check` do that one thing, whoever listens. */
  readonly task: 'keep' | 'undo' | 'check';
  readonly change: ListedChange;
}

export type KeeperReport =
  | { readonly type: 'made'; readonly how: string }
  /** It could not be made, and what there was of it was undone as well as could be. */
  | { readonly type: 'failed'; readonly message: string }
  /** After a check, and after an undo. */
  | { readonly type: 'seen'; readonly seen: ChangeSeen };

const signalKill = 9;
const lineLengthMax = 65_536;
const checkWithinMs = 1000;
const makeWithinMs = 2000;
/** Nothing is gained by giving it up early; and the journal's replay runs it once more. */
const undoWithinMs = 10_000;
/** Errors of fork(2) and pipe(2) that a host has which is short of something. */
const shortages: readonly string[] = ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'];

/** The whole life of a keeper. */
export function keepChange(): void {
  giveUpPrivileges();
  let end: (() => void) | undefined;
  const letGo = (): void => (end ? end() : process.exit(0));
  process.on('SIGTERM', letGo);
  process.on('SIGINT', letGo);
  process.stdin.setEncoding('utf8');
  process.stdin.on('end', letGo);
  process.stdin.on('error', letGo);
  process.stdout.on('error', () => {});
  process.stdin.on(
    'data',
    createLineReader(lineLengthMax, (line) => {
      if (!end) end = begin(JSON.parse(line) as KeeperOrder);
    }),
  );
}

/** @returns what is to be done at the end of stdin. */
function begin({ task, change }: KeeperOrder): () => void {
  switch (task) {
    case 'keep': {
      let isOver: () => void = () => {};
      const over = new Promise<void>((resolve) => {
        isOver = resolve;
      });
      void keep(change, over).then(leave);
      return isOver;
    }
    case 'undo':
      void undo(change).then((seen) => leave({ type: 'seen', seen }));
      return () => {};
    case 'check':
      armParentDeathSignal(signalKill);
      void check(change).then((seen) => leave({ type: 'seen', seen }));
      return () => {};
  }
}

async function keep(change: ListedChange, over: Promise<void>): Promise<KeeperReport> {
  const problem = await problemOfMaking(change);
  if (problem !== undefined) {
    const seen = await undo(change);
    return { type: 'failed', message: `${problem}; then ${seen.how}` };
  }
  report({ type: 'made', how: `${change.make[0]} made it, and ${change.check[0]} sees it` });
  await over;
  return { type: 'seen', seen: await undo(change) };
}

async function problemOfMaking(change: ListedChange): Promise<string | undefined> {
  // Its undo first: what could not be undone is not made.
  for (const words of [change.undo, change.check, change.make]) {
    const problem = problemOf(words);
    if (problem !== undefined) return problem;
  }
  const made = await run(change.make, makeWithinMs);
  if (made.code !== 0) return `${change.make[0]}: ${made.how}`;
  const seen = await check(change);
  return seen.state === 'in-place' ? undefined : `${change.make[0]} ended well, and yet ${seen.how}`;
}

async function undo(change: ListedChange): Promise<ChangeSeen> {
  const before = await check(change);
  if (before.state === 'not-in-place') return { ...before, how: 'it was not in place any more' };
  const problem = problemOf(change.undo);
  if (problem !== undefined) return { state: 'unknown', how: problem };
  const ran = await runToItsEnd(change.undo, undoWithinMs);
  if (ran.isForShortage) becomeProgram(change.undo, programEnvironment);
  const after = await check(change);
  return { ...after, how: `${change.undo[0]}: ${ran.how}; ${after.how}` };
}

async function check({ name, check: words }: ListedChange): Promise<ChangeSeen> {
  const problem = problemOf(words);
  if (problem !== undefined) return { state: 'unknown', how: problem };
  const { code, how } = await runToItsEnd(words, checkWithinMs);
  if (code === 0) return { state: 'in-place', how: `${name} is in place` };
  if (code === 1) return { state: 'not-in-place', how: `${name} is not in place` };
  return { state: 'unknown', how: `${words[0]} does not say whether ${name} is in place: ${how}` };
}

function problemOf([executable = '']: readonly string[]): string | undefined {
  try {
    refuseWritable(executable);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Ran {
  /** Undefined unless it exited by itself. */
  readonly code: number | undefined;
  readonly signal?: NodeJS.Signals;
  readonly how: string;
  /** It was not started, because the host is short of processes, memory or descriptors. */
  readonly isForShortage: boolean;
}

/** What undoes and what checks. */
const runToItsEnd = alsoAfterSigterm(run);

/** In a session of its own, so that whoever counts ours finds the keeper alone. */
function run([executable = '', ...args]: readonly string[], withinMs: number): Promise<Ran> {
  return new Promise((resolve) => {
    const settle = (ran: Partial<Ran> & { readonly how: string }): void => {
      clearTimeout(timer);
      resolve({ code: undefined, isForShortage: false, ...ran });
    };
    const program = spawn(executable, args, { stdio: 'ignore', cwd: '/', env: programEnvironment, detached: true });
    const timer = setTimeout(() => {
      program.kill('SIGKILL');
      settle({ how: `it did not end within ${withinMs} ms` });
    }, withinMs);
    program.once('error', (error: NodeJS.ErrnoException) => {
      const isForShortage = shortages.includes(error.code ?? '');
      settle({ how: `it does not start: ${error.message}`, isForShortage });
    });
    program.once('exit', (code, signal) => {
      settle(signal === null ? { code: code ?? -1, how: `exit ${code}` } : { signal, how: `signal ${signal}` });
    });
  });
}

function leave(value: KeeperReport): void {
  report(value);
  process.exit(0);
}

function report(value: KeeperReport): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
