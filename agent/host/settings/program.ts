/** How the settings run the programs that some of them take: in the agent by its runner, elsewhere as children. */
import { execFile } from 'node:child_process';

export interface ProgramAnswer {
  /** Null where it did not exit by itself. */
  readonly code: number | null;
  readonly output: string;
  readonly messages: string;
  readonly error?: string;
  /** What ended it, where that was a signal. */
  readonly signal?: string | null;
}

/** Never rejects. @param input for its standard input, where the program is run as a child. */
export type RunProgram = (
  executable: string,
  args: readonly string[],
  withinMs: number,
  input?: string,
) => Promise<ProgramAnswer>;

const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', SYSTEMD_COLORS: '0' };
const outputBytesMax = 2 ** 20;

/**
 * What reads and undoes. A supervisor sends SIGTERM to all that are left of a service, once, just when they undo what its
 * main process held: what that ended is run once more. Never for what sets something: who is told to end sets nothing.
 */
export function alsoAfterSigterm<Order extends readonly unknown[], End extends Pick<ProgramAnswer, 'signal'>>(
  run: (...order: Order) => Promise<End>,
): (...order: Order) => Promise<End> {
  return async (...order) => {
    const first = await run(...order);
    return first.signal === 'SIGTERM' ? run(...order) : first;
  };
}

/** As a child of this process: of a holder, or of one that is there to put something back. Never of the agent. */
export const runAsChild: RunProgram = (executable, args, withinMs, input = '') => {
  return new Promise((resolve) => {
    const options = {
      timeout: withinMs,
      killSignal: 'SIGKILL',
      maxBuffer: outputBytesMax,
      env: environment,
      cwd: '/',
    } as const;
    const child = execFile(executable, [...args], options, (error, output, messages) => {
      if (!error) resolve({ code: 0, output, messages });
      else if (typeof error.code === 'number') resolve({ code: error.code, output, messages });
      else resolve({ code: null, output, messages, error: error.message, signal: error.signal ?? null });
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
};

/** @returns its output. @throws Error in its own words. */
export async function mustRun(
  run: RunProgram,
  [executable = '', ...args]: readonly string[],
  withinMs: number,
  input?: string,
): Promise<string> {
  const { code, output, messages, error } = await run(executable, args, withinMs, input);
  if (code === 0) return output;
  const why =
    messages.trim().slice(0, 300) || error || (code === null ? `no end within ${withinMs} ms` : `exit ${code}`);
  throw new Error(`${executable} ${args[0]}: ${why}`);
}
