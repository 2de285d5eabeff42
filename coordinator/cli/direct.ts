/** The agents themselves, at the addresses last seen, for when the coordinator is gone. */
import type { TlsFiles } from '../../shared/tls-files.ts';
import { CallFailure } from '../client/call-failure.ts';
import { type Caller, createCaller } from '../client/caller.ts';
import { parseAddress } from '../client/endpoint.ts';
import { type CliContext, type ConnectionOptions, coordinatorAddress, requireTls } from './context.ts';
import { type InventoryHost, savedHosts } from './inventory.ts';

export interface DirectOptions extends ConnectionOptions {
  readonly direct?: boolean;
  readonly inventory?: string;
}

/** As many as the usual limit of descriptors leaves room for; each is answered or given up within its own deadline. */
const connectionsMax = 800;

/**
 * Asks every agent at once; one that fails changes nothing for the others. The certificate of each must carry the name
 * that the inventory has for it.
 *
 * @throws CallFailure when every one of them says that the caller is not allowed: there is nothing to report host by host.
 */
export async function askAgents<Answer>(
  context: CliContext,
  options: DirectOptions,
  ask: (agent: Caller, host: InventoryHost) => Promise<Answer>,
  failed: (host: InventoryHost, error: Error) => Answer,
): Promise<readonly Answer[]> {
  const hosts = savedHosts(context, coordinatorAddress(context, options), options.inventory);
  const needsTls = hosts.some((host) => parseAddress(host.address)?.kind === 'tcp');
  const tls = needsTls ? requireTls(context, options) : undefined;
  const answers: Answer[] = [];
  const notAllowed: CallFailure[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < hosts.length; index = next++) {
      const host = hosts[index] as InventoryHost;
      answers[index] = await askAgent(host, tls, ask).catch((error: Error) => {
        if (error instanceof CallFailure && error.kind === 'not-allowed') notAllowed.push(error);
        return failed(host, error);
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(connectionsMax, hosts.length) }, work));
  const [refusal] = notAllowed;
  if (refusal && notAllowed.length === hosts.length) throw refusal;
  return answers;
}

async function askAgent<Answer>(
  host: InventoryHost,
  tls: TlsFiles | undefined,
  ask: (agent: Caller, host: InventoryHost) => Promise<Answer>,
): Promise<Answer> {
  const address = parseAddress(host.address);
  if (!address) throw new Error(`"${host.address}" is no address`);
  const agent = createCaller(address, { role: 'agent', name: host.name }, tls);
  try {
    return await ask(agent, host);
  } finally {
    agent.close();
  }
}
