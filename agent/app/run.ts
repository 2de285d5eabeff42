/** `leash-agent serve`: runs until a signal asks it to stop, and lets go of everything before it goes. */
import { createLogger } from '../../shared/logger.ts';
import { createServiceManager } from '../../shared/service-manager.ts';
import { exitCodes } from './exit-code.ts';
import type { AgentOptions } from './options.ts';
import { startAgent } from './serve.ts';

export async function serve(options: AgentOptions): Promise<number> {
  const log = createLogger('leash-agent');
  const agent = await startAgent(options, log).catch((error: unknown) => {
    // `systemctl status` then says it too, and not only the journal.
    const message = error instanceof Error ? error.message : String(error);
    createServiceManager().notify(`STATUS=does not start: ${message.split('\n', 1)[0]}`);
    throw error;
  });
  // To a service it says that its files are other ones (daemon(7)); to a program of a terminal, that the terminal is gone.
  const isAtTerminal = process.stdin.isTTY === true;
  if (!isAtTerminal) process.on('SIGHUP', () => void agent.reload());
  const signals = ['SIGTERM', 'SIGINT', ...(isAtTerminal ? (['SIGHUP'] as const) : [])] as const;
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of signals) process.once(name, () => resolve(name));
  });
  log.info({ signal }, 'stopping');
  await agent.stop();
  return exitCodes.done;
}
