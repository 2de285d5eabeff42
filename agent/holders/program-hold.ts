/**
 * Running somebody's program so that nothing of it survives us:
 *
 *   holder ──parent-death signal──▶ guard, first process of a PID namespace ──spawn──▶ program ──▶ its children
 *
 * The holder dies, the kernel kills the guard, and with it everything in the namespace. The guard starts nothing before
 * the holder has answered it: an answer that comes after the signal was armed proves that the holder lived then.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { giveUpPrivileges } from '../host/native/give-up-privileges.ts';
import { armParentDeathSignal } from '../host/native/parent-death.ts';
import { inPidNamespace } from '../host/native/pid-namespace.ts';
import { HoldFailure } from './hold-failure.ts';
import type { HeldProgram } from './holder-kernel.ts';
import { createLineReader } from './line-reader.ts';
import { programEnvironment, refuseWritable } from './trusted-program.ts';

/** The first argument of a holder program that is to be a guard. */
export const guardWord = 'guard';

const signalKill = 9;
const startWithinMs = 4000;
const lineLengthMax = 65_536;

interface ProgramOrder {
  readonly executable: string;
  readonly args: readonly string[];
}

type GuardReport =
  | { readonly type: 'armed' | 'running' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'ended'; readonly how: string };

/** @throws HoldFailure fault-not-allowed, fault-unavailable. */
export async function startProgram({
  programPath,
  ...order
}: ProgramOrder & { readonly programPath: string }): Promise<HeldProgram> {
  refuseWritable(order.executable);
  const guard = startGuard(programPath);
  let end: (how: string) => void;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  guard.once('exit', (code, signal) => end(signal === null ? `exit ${code}` : `signal ${signal}`));

  const running = new Promise<void>((resolve, reject) => {
    const fail = (message: string): void => reject(new HoldFailure('fault-unavailable', message));
    const deadline = setTimeout(() => fail(`the program did not start within ${startWithinMs} ms`), startWithinMs);
    const hear = (report: GuardReport): void => {
      switch (report.type) {
        case 'armed':
          guard.stdin.write(`${JSON.stringify(order)}\n`);
          return;
        case 'running':
          clearTimeout(deadline);
          resolve();
          return;
        case 'failed':
          fail(report.message);
          return;
        case 'ended':
          end(report.how);
          return;
      }
    };
    guard.stdout.on(
      'data',
      createLineReader(lineLengthMax, (line) => hear(JSON.parse(line) as GuardReport)),
    );
    guard.once('exit', () => fail('the guard of the program ended'));
  });
  try {
    await running;
  } catch (error) {
    guard.kill('SIGKILL');
    throw error;
  }

  return {
    pid: guard.pid as number,
    ended,
    release: () => void guard.kill('SIGKILL'),
  };
}

/** The whole life of a guard. */
export function guardProgram(): void {
  giveUpPrivileges();
  // After the change of credentials, which would clear it.
  armParentDeathSignal(signalKill);
  let isStarted = false;
  const end = (): never => process.exit(0);
  process.on('SIGTERM', end);
  process.stdin.setEncoding('utf8');
  process.stdin.on('end', end);
  process.stdin.on('error', end);
  process.stdout.on('error', end);
  process.stdin.on(
    'data',
    createLineReader(lineLengthMax, (line) => {
      if (!isStarted) run(JSON.parse(line) as ProgramOrder);
      isStarted = true;
    }),
  );
  report({ type: 'armed' });
}

function run({ executable, args }: ProgramOrder): void {
  const program = spawn(executable, args, { stdio: 'ignore', cwd: '/', env: programEnvironment });
  program.once('spawn', () => report({ type: 'running' }));
  program.once('error', (error) =>
    report({ type: 'failed', message: `${executable} does not start: ${error.message}` }),
  );
  program.once('exit', (code, signal) => {
    report({ type: 'ended', how: signal === null ? `exit ${code}` : `signal ${signal}` });
  });
}

function report(value: GuardReport): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

interface Guard extends ChildProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
}

/** In this process's session, by which it is found from outside. @throws HoldFailure */
function startGuard(programPath: string): Guard {
  try {
    const guard = inPidNamespace(() =>
      spawn(process.execPath, [...process.execArgv, programPath, guardWord], {
        stdio: ['pipe', 'pipe', 'inherit'],
        cwd: '/',
        env: process.env,
      }),
    ) as Guard;
    guard.on('error', () => {});
    if (guard.pid === undefined) throw new Error('no process could be started');
    guard.stdin.on('error', () => {});
    guard.stdout.setEncoding('utf8');
    guard.stdout.on('error', () => {});
    return guard;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HoldFailure('fault-unavailable', `a PID namespace for the program is not to be had: ${why}`);
  }
}
