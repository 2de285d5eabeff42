/**
 * The rules of a network fault as text for nft(8): one command, which the kernel takes as one transaction, with the
 * exemptions in it. The table has an owner, so it lives exactly as long as the netlink socket of the holder that made it.
 *
 *   packet ──▶ chain in / out ──loopback, control path, neighbours, DHCP──▶ let through
 *                    └── traffic that was asked for ──▶ chain hit_in / hit_out ──▶ drop, reject, lose, limit
 *
 * Only packets of this host's own sockets come by; what it forwards for guests and containers does not.
 */
import type { ControlPath } from '../core/briefing.ts';
import type { Network, PortRange } from './network-parameter.ts';

export type Direction = 'in' | 'out';

/** Traffic that is hit: every condition that is there must hold. */
export interface TrafficMatch {
  readonly protocol: 'any' | 'tcp' | 'udp';
  readonly localPorts?: readonly PortRange[];
  readonly remotePorts?: readonly PortRange[];
  readonly addresses?: readonly Network[];
  /** Only for packets that leave. */
  readonly uid?: number;
  readonly cgroup?: CgroupPath;
  /** Bits of the packet, counted from the transport header; each must be equal. */
  readonly payload?: readonly PayloadMatch[];
}

/** As nft(8) looks it up: below /sys/fs/cgroup, and by its depth in the hierarchy. */
export interface CgroupPath {
  readonly path: string;
  readonly level: number;
}

export interface PayloadMatch {
  /** From the start of the TCP or UDP header. */
  readonly offsetBytes: number;
  /** 1 to 16 of them. */
  readonly bytes: readonly MaskedByte[];
  /** Length of the TCP header that this holds for, in bytes. */
  readonly tcpHeaderBytes?: number;
}

/** Only the bits of the mask are compared. */
export interface MaskedByte {
  readonly byte: number;
  readonly mask: number;
}

export type Verdict =
  | { readonly kind: 'drop' }
  /** Connection refused: a reset for TCP, "port unreachable" for others. */
  | { readonly kind: 'reject' }
  | { readonly kind: 'lose'; readonly percent: number }
  /** What is over the rate is dropped. */
  | { readonly kind: 'limit'; readonly bytesPerSecond: number };

export interface Rules {
  readonly table: string;
  readonly controlPath: ControlPath;
  readonly directions: readonly Direction[];
  readonly hitsLoopback: boolean;
  /** Hit is what any of them matches. */
  readonly matches: readonly TrafficMatch[];
  readonly verdict: Verdict;
}

/** The kernel adds what passes in a second to it. A packet that was merged from several may be as long as this. */
const burstBytes = 65_536;
/** numgen counts to this: hundredths of a percent. */
const lossModulus = 10_000;
const wordChars = /^[\w.:/@\\+-]+$/;

/** @throws Error for a value that no door let through: the text is made of numbers and of plain words only. */
export function ruleScript(rules: Rules): string {
  const { table, directions } = rules;
  const chains = directions.flatMap((direction) => [
    chain(`hit_${direction}`, verdictRules(rules.verdict)),
    chain(direction, [
      `type filter hook ${direction}put priority filter - 10; policy accept`,
      ...exemptions(direction, rules),
      ...rules.matches
        .flatMap((match) => matchRules(direction, match))
        .map((match) => `${match} goto hit_${direction}`),
    ]),
  ]);
  return `add table inet ${plain(table)} { flags owner; ${chains.join(' ')} }`;
}

function chain(name: string, rules: readonly string[]): string {
  return `chain ${name} { ${rules.map((rule) => `${rule.trim()};`).join(' ')} };`;
}

/**
 * What is let through whatever was asked: first in the chain, so that no instant is without it. An address lease that
 * ran out, or a neighbour that was forgotten, would outlive the fault.
 */
function exemptions(direction: Direction, { controlPath, hitsLoopback }: Rules): readonly string[] {
  const isIn = direction === 'in';
  const ports = portSet(controlPath.localPorts.map((port) => ({ first: port, last: port })));
  const [ours, theirs] = isIn ? ['dport', 'sport'] : ['sport', 'dport'];
  const loopback = `${isIn ? 'iifname' : 'oifname'} "lo"`;
  return [
    ...(ports === undefined ? [] : [`tcp ${ours} ${ports} accept`]),
    // On loopback both ends are ours, and the other end of a connection to such a port has a port of its own.
    ...(hitsLoopback ? [] : [`${loopback} accept`]),
    ...(hitsLoopback && ports !== undefined ? [`${loopback} tcp ${theirs} ${ports} accept`] : []),
    'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert, packet-too-big } accept',
    'icmpv6 type { mld-listener-query, mld-listener-report, mld2-listener-report } accept',
    'icmp type destination-unreachable icmp code frag-needed accept',
    `udp dport ${isIn ? '{ 68, 546 }' : '{ 67, 547 }'} accept`,
  ];
}

/** One rule for each address, since sets refuse addresses that overlap. */
function matchRules(direction: Direction, match: TrafficMatch): readonly string[] {
  const rest = [...transport(direction, match), ...socket(direction, match), ...(match.payload ?? []).map(payload)];
  const addresses = match.addresses?.map(
    ({ family, cidr }) => `${plain(family)} ${direction === 'in' ? 'saddr' : 'daddr'} ${plain(cidr)}`,
  );
  return (addresses ?? ['']).map((address) => [address, ...rest].join(' '));
}

function transport(direction: Direction, { protocol, localPorts, remotePorts }: TrafficMatch): readonly string[] {
  const isIn = direction === 'in';
  const local = portSet(localPorts);
  const remote = portSet(remotePorts);
  const hasPorts = local !== undefined || remote !== undefined;
  return [
    ...(protocol === 'any' ? (hasPorts ? ['meta l4proto { tcp, udp }'] : []) : [`meta l4proto ${plain(protocol)}`]),
    ...(local === undefined ? [] : [`th ${isIn ? 'dport' : 'sport'} ${local}`]),
    ...(remote === undefined ? [] : [`th ${isIn ? 'sport' : 'dport'} ${remote}`]),
  ];
}

function socket(direction: Direction, { uid, cgroup }: TrafficMatch): readonly string[] {
  if (uid !== undefined && direction === 'in') throw new Error('the user of an arriving packet is not known');
  return [
    ...(uid === undefined ? [] : [`meta skuid ${whole(uid, 0, 2 ** 32 - 2)}`]),
    ...(cgroup === undefined ? [] : [`socket cgroupv2 level ${whole(cgroup.level, 1, 255)} "${plain(cgroup.path)}"`]),
  ];
}

function payload({ offsetBytes, bytes, tcpHeaderBytes }: PayloadMatch): string {
  const place = `@th,${whole(offsetBytes, 0, 512) * 8},${whole(bytes.length, 1, 16) * 8}`;
  const header = tcpHeaderBytes === undefined ? '' : `tcp doff ${whole(tcpHeaderBytes / 4, 5, 15)} `;
  return `${header}${place} & ${hex(bytes.map(({ mask }) => mask))} == ${hex(bytes.map(({ byte, mask }) => byte & mask))}`;
}

function verdictRules(verdict: Verdict): readonly string[] {
  switch (verdict.kind) {
    case 'drop':
      return ['drop'];
    case 'reject':
      return ['meta l4proto tcp reject with tcp reset', 'reject'];
    case 'lose': {
      const lost = whole(Math.round(verdict.percent * 100), 1, lossModulus);
      // A comparison that is always true is refused by nft(8).
      return lost === lossModulus ? ['drop'] : [`numgen random mod ${lossModulus} < ${lost} drop`];
    }
    case 'limit': {
      const rate = whole(Math.round(verdict.bytesPerSecond), 1, Number.MAX_SAFE_INTEGER);
      return [`limit rate over ${rate} bytes/second burst ${burstBytes} bytes drop`];
    }
  }
}

/** Merged, since sets refuse ranges that overlap; undefined for no port. */
function portSet(ranges: readonly PortRange[] = []): string | undefined {
  const merged: { first: number; last: number }[] = [];
  for (const { first, last } of [...ranges].sort((one, other) => one.first - other.first)) {
    const previous = merged.at(-1);
    if (previous && first <= previous.last + 1) previous.last = Math.max(previous.last, last);
    else merged.push({ first: whole(first, 1, 65_535), last: whole(last, 1, 65_535) });
  }
  if (merged.length === 0) return undefined;
  return `{ ${merged.map(({ first, last }) => (first === last ? `${first}` : `${first}-${whole(last, 1, 65_535)}`)).join(', ')} }`;
}

function plain(word: string): string {
  if (!wordChars.test(word)) throw new Error(`${JSON.stringify(word)} is no plain word`);
  return word;
}

function whole(value: number, minimum: number, maximum: number): number {
  if (!Number.isSafeInteger(value) || value < minimum || value > maximum) throw new Error(`${value} is out of range`);
  return value;
}

function hex(bytes: readonly number[]): string {
  return `0x${bytes.map((byte) => whole(byte, 0, 255).toString(16).padStart(2, '0')).join('')}`;
}
