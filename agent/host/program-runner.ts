/** Runs programs for the agent by a child that has no capabilities, which is there only while it is needed. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { createLineReader } from '../holders/line-reader.ts';
import { type RunOrder, type RunReport, runnerWord } from '../holders/program-runner.ts';
import { holderLaunch } from './holder-launch.ts';

export type ProgramEnd = Omit<RunReport, 'id'>;

export interface ProgramRunner {
  /** Never rejects. @param executable by its path. */
  run(executable: string, args: readonly string[], withinMs: number): Promise<ProgramEnd>;
  stop(): void;
}

/** Beyond the time of the program itself: a runner takes a part of a second to start. */
const answerWithinMs = 5000;
/** It costs some memory while it waits for the next order. */
const idleMs = 5000;
const lineLengthMax = 262_144;

interface Runner extends ChildProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
}

/** Call it from the main thread: the parent-death signal is about the thread that spawned. @param programPath of the holder. */
export function createProgramRunner(programPath: string): ProgramRunner {
  const waiting = new Map<number, (end: ProgramEnd) => void>();
  let runner: Runner | undefined;
  let idle: NodeJS.Timeout | undefined;
  let lastId = 0;

  function start(): Runner {
    const { command, args, env } = holderLaunch(programPath, []);
    const child = spawn(command, [...args, runnerWord], {
      stdio: ['pipe', 'pipe', 'inherit'],
      cwd: '/',
      env: env as NodeJS.ProcessEnv,
    }) as Runner;
    const gone = (why: string): void => {
      if (runner !== child) return;
      runner = undefined;
      for (const settle of [...waiting.values()]) settle(notRun(why));
    };
    child.once('error', (error) => gone(error.message));
    child.once('close', () => gone('the process that runs programs ended'));
    child.stdin?.on('error', () => {});
    child.stdout?.on('error', () => {});
    child.stdout?.setEncoding('utf8').on(
      'data',
      createLineReader(lineLengthMax, (line) => {
        const { id, ...end } = JSON.parse(line) as RunReport;
        waiting.get(id)?.(end);
      }),
    );
    return child;
  }

  function stop(): void {
    clearTimeout(idle);
    runner?.stdin?.destroy();
    runner = undefined;
  }

  function say(order: RunOrder): void {
    clearTimeout(idle);
    runner ??= start();
    runner.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  return {
    run: (executable, args, withinMs) =>
      new Promise((resolve) => {
        lastId += 1;
        const id = lastId;
        const settle = (end: ProgramEnd): void => {
          clearTimeout(timer);
          if (!waiting.delete(id)) return;
          if (waiting.size === 0) idle = setTimeout(stop, idleMs).unref();
          resolve(end);
        };
        const timer = setTimeout(() => settle(notRun('no answer in time')), withinMs + answerWithinMs);
        waiting.set(id, settle);
        try {
          say({ id, executable, args, withinMs });
        } catch (error) {
          settle(notRun((error as Error).message));
        }
      }),
    stop() {
      stop();
      for (const settle of [...waiting.values()]) settle(notRun('the agent is stopping'));
    },
  };
}

function notRun(error: string): ProgramEnd {
  return { code: null, signal: null, output: '', messages: '', error };
}
