/** One program of an action, in words. It runs without the agent's capabilities, and does not outlive the agent. */
import type { ProgramRunner } from '../host/program-runner.ts';
import { actionWithinMs, type Seen } from './action.ts';

/** Never rejects. */
export async function runChild(
  programs: Pick<ProgramRunner, 'run'>,
  executable: string,
  args: readonly string[],
  withinMs = actionWithinMs,
): Promise<Seen> {
  const { code, signal, error } = await programs.run(executable, args, withinMs);
  if (error !== undefined) return { isDone: false, seen: `could not be run: ${error}` };
  if (signal === null) return { isDone: code === 0, seen: `exit code ${code}` };
  const seen = signal === 'SIGKILL' ? `not done within ${withinMs / 1000} s, and killed` : `ended by ${signal}`;
  return { isDone: false, seen };
}
