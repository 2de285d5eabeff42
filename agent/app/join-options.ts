/** What `leash-agent join` is told, made typed. */
import { isIP } from 'node:net';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { type AgentOptions, parseOptions, type WrittenOptions } from './options.ts';

export interface JoinOptions extends AgentOptions {
  /** "HOST:PORT" of the coordinator's --http. */
  readonly coordinator: string;
  /** Standard input where it is absent. */
  readonly tokenFile: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Sources of more labels, under those that were given. */
  readonly labelsFrom: readonly string[];
  /** Who may reach the agent beside the coordinator: addresses or networks, as IPAddressAllow= takes them. */
  readonly allow: readonly string[];
  readonly unitDirectory: string;
  readonly isRestarted: boolean;
}

export interface WrittenJoin extends WrittenOptions {
  readonly tokenFile?: string;
  readonly label?: readonly string[];
  readonly labelsFrom?: readonly string[];
  readonly allow?: readonly string[];
  readonly restart: boolean;
  readonly json?: boolean;
}

const unitDirectory = '/etc/systemd/system';

/** @throws InvalidInput */
export function parseJoin(coordinator: string, written: WrittenJoin): JoinOptions {
  const { listen, ...others } = written;
  const options = parseOptions(others);
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(options.hostName)) {
    throw new InvalidInput('--host-name', options.hostName, 'must be 1 to 64 of A-Z a-z 0-9 . _ -');
  }
  if (listen !== undefined && !/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/.test(listen)) {
    throw new InvalidInput('--listen', listen, 'must be HOST:PORT');
  }
  return {
    ...options,
    listen,
    coordinator,
    tokenFile: written.tokenFile,
    labels: Object.fromEntries((written.label ?? []).map(keyAndValue)),
    labelsFrom: written.labelsFrom ?? [],
    allow: (written.allow ?? []).map(network),
    unitDirectory,
    isRestarted: written.restart,
  };
}

function keyAndValue(label: string): readonly [string, string] {
  const match = /^([A-Za-z0-9._/-]{1,64})=(.{1,256})$/.exec(label);
  if (!match) throw new InvalidInput('--label', label, 'must be KEY=VALUE');
  return [match[1] as string, match[2] as string];
}

/** An address, or a network such as 10.0.0.0/8. */
function network(text: string): string {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  const isSize = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
  if (family === 0 || !isSize || more.length > 0)
    throw new InvalidInput('--allow', text, 'must be an address or ADDRESS/BITS');
  return text;
}
