/** A helper process of a test: it says "ready", works until its standard input ends, and then prints one JSON document. */
import { spawn } from 'node:child_process';
import { until } from './until.ts';

export interface SideProcess<Result> {
  readonly pid: number;
  /** What it printed at its end. */
  stop(): Promise<Result>;
}

/** It ends with the test that started it, since its standard input ends then. */
export async function startSideProcess<Result>(
  command: readonly string[],
  readyWithinMs = 20_000,
): Promise<SideProcess<Result>> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await until(
    `${command.join(' ')} is ready`,
    () => printed.startsWith('ready\n') || child.exitCode !== null,
    readyWithinMs,
  );
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.stdin.end();
      await ended;
      const document = printed.split('\n')[1] ?? '';
      if (document === '') throw new Error(`${command.join(' ')} printed no result`);
      return JSON.parse(document) as Result;
    },
  };
}
