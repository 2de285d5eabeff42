/** `leash-agent serve`: runs until a signal asks it to stop, and lets go of everything before it goes. */
import { createLogger } from '../../shared/logger.ts';
import { exitCodes } from './exit-code.ts';
import type { AgentOptions } from './options.ts';
import { startAgent } from './serve.ts';

export async function serve(options: AgentOptions): Promise<number> {
  const log = createLogger('leash-agent');
  const agent = await startAgent(options, log);
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => resolve(name));
  });
  log.info({ signal }, 'stopping');
  await agent.stop();
  return exitCodes.done;
}
