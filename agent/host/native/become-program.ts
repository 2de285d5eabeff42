/** Becoming another program, for when no process can be started any more (execve(2)). */
import { lastError, lazily } from './system-call.ts';

const signalInterrupt = 2;
const signalBrokenPipe = 13;
const signalTerminate = 15;
const byDefault = 0;
const ignored = 1;

const execve = lazily('int execve(const char *path, const char **argv, const char **envp)');
const dup2 = lazily('int dup2(int from, int to)');
const signal = lazily('uintptr_t signal(int number, uintptr_t handler)');

/**
 * Returns only by throwing. All threads of this process end, its pid stays. What it becomes is the way home, so no polite
 * signal ends it: a supervisor sends one to all that are left of a service, just when that is being undone.
 * @throws SystemCallError
 */
export function becomeProgram(words: readonly string[], environment: Readonly<Record<string, string>>): never {
  // Node ignores it, and an ignored signal stays ignored (signal(7)).
  signal(signalBrokenPipe, byDefault);
  for (const polite of [signalInterrupt, signalTerminate]) signal(polite, ignored);
  // Whoever reads our standard output reads reports there, and not what another program has to say.
  dup2(2, 1);
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  execve(words[0], [...words, null], [...variables, null]);
  throw lastError('execve');
}
