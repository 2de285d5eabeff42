/** `leash-agent rearm`: releases the latch of this host, at the epoch that it shows now. */

import { exitCodes } from './exit-code.ts';
import { createLocalClient } from './local-client.ts';
import { type AgentOptions, socketPathOf } from './options.ts';
import { print } from './print.ts';
import { unreachable } from './unreachable.ts';

export async function rearm(options: AgentOptions, reason: string, isJson: boolean): Promise<number> {
  const client = createLocalClient(socketPathOf(options));
  try {
    const { halt } = await client.call('describe', {}, 2000);
    const reply = await client.call('rearm', { expectedEpoch: halt?.epoch ?? 0, reason }, 5000);
    if (isJson) return print(exitCodes.done, { halt: reply.halt });
    process.stdout.write(`armed at epoch ${reply.halt?.epoch}\n`);
    return exitCodes.done;
  } catch (error) {
    return unreachable(error, socketPathOf(options), isJson);
  } finally {
    client.close();
  }
}
