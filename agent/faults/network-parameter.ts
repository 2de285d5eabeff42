/** The parameters of the network faults: which traffic. Values are typed here, once; the rules are made of nothing else. */
import { isIPv4, isIPv6 } from 'node:net';
import { InvalidInput, integerIn, text } from '../../proto/invalid-input.ts';
import { flag, type Parameter, type ParametersOf, word } from './parameter.ts';

/** Both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** One address, or a network as address/prefix length. */
export interface Network {
  readonly family: 'ip' | 'ip6';
  readonly cidr: string;
}

const listMax = 32;
const portMax = 65_535;
const bitsOf = { ip: 32, ip6: 128 } as const;
/** One folder of a path in the cgroup tree, as service managers and container runtimes name them. */
const cgroupFolder = /^[\w@:.\\+-]+$/;
const userName = /^[A-Za-z0-9_][\w.@+-]*\$?$/;

export const traffic = {
  direction: word('Packets that arrive, that leave, or both', ['in', 'out', 'both'], 'both'),
  protocol: word('What is hit', ['any', 'tcp', 'udp'], 'any'),
  localPorts: ports('Ports of this host: one, a range such as 8000-8010, or a list of them.'),
  remotePorts: ports('Ports of the other side: one, a range, or a list of them.'),
  addresses: networks('Addresses or networks (CIDR) of the other side: one, or a list of them.'),
  user: optional(parseUser, 'text', 'Only what sockets of this user send (a name, or a uid); direction must be out.'),
  cgroup: optional(
    parseCgroup,
    'text',
    'Only sockets of this cgroup (v2) and those below, such as system.slice/x.service.',
  ),
  loopback: flag('Hits packets of the loopback device too.'),
};

export type Traffic = ParametersOf<typeof traffic>;

/** @throws InvalidInput for a combination that the kernel cannot match. */
export function checkTraffic({ direction, user }: Traffic): void {
  if (user !== undefined && direction !== 'out') {
    // An arriving packet has no socket yet where the filter looks, but for connections that early demux knows.
    throw new InvalidInput(
      'parameters.direction',
      direction,
      'must be out with user: nft knows whose socket sends only',
    );
  }
}

export function ports(summary: string): Parameter<readonly PortRange[] | undefined> {
  return optional(listOf(parsePorts), 'list', summary);
}

export function networks(summary: string): Parameter<readonly Network[] | undefined> {
  return optional(listOf(parseNetwork), 'list', summary);
}

export function optional<Value>(
  parse: (value: unknown, path: string) => Value,
  unit: Parameter<Value>['unit'],
  summary: string,
): Parameter<Value | undefined> {
  const nothing = { isRequired: false, minimum: '', maximum: '', defaultValue: '', fallback: undefined };
  return { unit, summary, parse, ...nothing };
}

/** One value, or a list of 1 to 32. */
export function listOf<Value>(parseOne: (value: unknown, path: string) => Value, max = listMax) {
  return (value: unknown, path: string): readonly Value[] => {
    if (!Array.isArray(value)) return [parseOne(value, path)];
    if (value.length < 1 || value.length > max) throw new InvalidInput(path, value, `must be a list of 1 to ${max}`);
    return value.map((one, index) => parseOne(one, `${path}[${index}]`));
  };
}

function parsePorts(value: unknown, path: string): PortRange {
  if (typeof value === 'number') {
    const port = integerIn(value, path, 1, portMax);
    return { first: port, last: port };
  }
  const match = typeof value === 'string' ? /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value) : null;
  if (!match) throw new InvalidInput(path, value, 'must be a port, or a range such as 8000-8010');
  const first = integerIn(Number(match[1]), path, 1, portMax);
  return { first, last: match[2] === undefined ? first : integerIn(Number(match[2]), path, first, portMax) };
}

function parseNetwork(value: unknown, path: string): Network {
  const [address = '', prefix, ...rest] = typeof value === 'string' ? value.split('/') : [];
  const family = isIPv4(address) ? 'ip' : isIPv6(address) && !address.includes('%') ? 'ip6' : undefined;
  const isPrefix = prefix === undefined || /^\d{1,3}$/.test(prefix);
  if (!family || !isPrefix || rest.length > 0) {
    throw new InvalidInput(path, value, 'must be an address or a network such as 10.0.0.0/8 or fd00::/8');
  }
  const bits = prefix === undefined ? bitsOf[family] : integerIn(Number(prefix), path, 0, bitsOf[family]);
  return { family, cidr: `${address.toLowerCase()}/${bits}` };
}

function parseUser(value: unknown, path: string): string {
  const user = typeof value === 'number' ? String(integerIn(value, path, 0, 2 ** 32 - 2)) : value;
  const found = text(user, path, { lengthMin: 1, lengthMax: 64 });
  if (!userName.test(found)) throw new InvalidInput(path, value, 'must be a user name, or a uid');
  return found;
}

function parseCgroup(value: unknown, path: string): string {
  const folders = text(value, path, { lengthMin: 1, lengthMax: 1024 }).replace(/^\//, '').split('/');
  if (!folders.every((folder) => cgroupFolder.test(folder) && folder !== '.' && folder !== '..')) {
    throw new InvalidInput(path, value, 'must be the path of a cgroup, such as system.slice/x.service');
  }
  return folders.join('/');
}
