/**
 * The process that runs programs for the agent, which runs none itself: rollback actions, and systemctl(1) for a look at a
 * unit. It has no capability, and neither has what it runs.
 *
 *   agent ──pipe, parent-death signal──▶ runner ──parent-death signal──▶ program
 *
 * What a program leaves running is not ended with it: a rollback may be what starts a service.
 */
import { spawn } from 'node:child_process';
import { giveUpPrivileges } from '../host/native/give-up-privileges.ts';
import { armParentDeathSignal } from '../host/native/parent-death.ts';
import { createLineReader } from './line-reader.ts';

/** The first argument of a holder program that is to be a runner. */
export const runnerWord = 'run';

export interface RunOrder {
  /** Chosen by the agent; the report has it again. */
  readonly id: number;
  /** By its path. */
  readonly executable: string;
  readonly args: readonly string[];
  /** Killed then. */
  readonly withinMs: number;
}

export interface RunReport {
  readonly id: number;
  /** Null where it did not exit by itself, as in child_process. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The begin of what it wrote; nothing of it where it wrote too much to be an answer. */
  readonly output: string;
  readonly messages: string;
  /** Why it was not started. */
  readonly error?: string;
}

const signalKill = 9;
const lineLengthMax = 262_144;
const outputBytesMax = 16_384;
const outputAfterExitMs = 500;
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  SYSTEMD_COLORS: '0',
};
/** setpriv(1) arms the signal for the program, and execs it. */
const tied = ['/usr/bin/setpriv', '--pdeathsig=KILL', '--'];

/** The whole life of a runner. */
export function runPrograms(): void {
  giveUpPrivileges();
  // After the change of credentials, which would clear it.
  armParentDeathSignal(signalKill);
  const end = (): never => process.exit(0);
  process.on('SIGTERM', end);
  process.stdin.setEncoding('utf8');
  process.stdin.on('end', end);
  process.stdin.on('error', end);
  process.stdout.on('error', end);
  process.stdin.on(
    'data',
    createLineReader(lineLengthMax, (line) => run(JSON.parse(line) as RunOrder)),
  );
}

function run({ id, executable, args, withinMs }: RunOrder): void {
  const [command = '', ...words] = [...tied, executable, ...args];
  const program = spawn(command, words, { cwd: '/', env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => program.kill('SIGKILL'), withinMs);
  const output = begin(program.stdout);
  const messages = begin(program.stderr);
  let isTold = false;
  const tell = (report: Pick<RunReport, 'code' | 'signal' | 'error'>): void => {
    clearTimeout(timer);
    if (isTold) return;
    isTold = true;
    const whole: RunReport = { id, output: output(), messages: messages(), ...report };
    process.stdout.write(`${JSON.stringify(whole)}\n`);
  };
  program.once('error', (error) => tell({ code: null, signal: null, error: error.message }));
  // What it wrote may be read only after its exit; and a service that it started may keep its output open for ever.
  program.once('exit', (code, signal) => setTimeout(() => tell({ code, signal }), outputAfterExitMs));
  program.once('close', (code, signal) => tell({ code, signal }));
}

function begin(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (text.length < outputBytesMax) text += chunk.slice(0, outputBytesMax - text.length);
  });
  stream.on('error', () => {});
  return () => text;
}
