/** Which hosts of the fleet an experiment takes. The same seed over the same hosts takes the same ones. */
import type { HostSelector } from './experiment.ts';

export interface CandidateHost {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isConnected: boolean;
}

export type HostSelection =
  | {
      readonly kind: 'chosen';
      readonly hosts: readonly string[];
      /** How many match, connected or not: what percentages are of. */
      readonly matched: number;
      /** Matched, did not answer, and were not needed. */
      readonly leftOut: readonly string[];
    }
  | { readonly kind: 'none'; readonly message: string };

/**
 * `all` means all, so a host that does not answer stays in and is refused by name later. The other modes choose among
 * those that answer, since any of them will do; a percentage is of all that match, rounded down.
 */
export function selectHosts(candidates: readonly CandidateHost[], selector: HostSelector, seed: string): HostSelection {
  const matching = candidates
    .filter((host) => matches(host, selector))
    .sort((one, other) => compare(one.name, other.name));
  const unknown = selector.names.filter((name) => !candidates.some((host) => host.name === name));
  if (unknown.length > 0) return none(`no host of the inventory is called ${unknown.join(', ')}`);
  if (matching.length === 0)
    return none(`no host of ${candidates.length} in the inventory matches ${described(selector)}`);
  const { choice } = selector;
  if (choice.mode === 'all') {
    return { kind: 'chosen', hosts: matching.map((host) => host.name), matched: matching.length, leftOut: [] };
  }
  const wanted = wantedCount(selector, matching.length);
  if (wanted === 0 && choice.mode === 'percent') {
    return none(
      `${choice.percent}% of ${matching.length} matching hosts is less than one host; it is never rounded up`,
    );
  }
  const connected = matching.filter((host) => host.isConnected);
  const leftOut = matching.filter((host) => !host.isConnected).map((host) => host.name);
  if (wanted > connected.length) {
    const silent = leftOut.length > 0 ? `; not connected: ${leftOut.join(', ')}` : '';
    return none(
      `${wanted} hosts are needed, and ${connected.length} of ${matching.length} matching hosts answer${silent}`,
    );
  }
  const drawn = connected
    .map((host) => ({ name: host.name, rank: rankOf(`${seed}\n${host.name}`) }))
    .sort((one, other) => one.rank - other.rank || compare(one.name, other.name))
    .slice(0, wanted);
  return { kind: 'chosen', hosts: drawn.map((host) => host.name).sort(compare), matched: matching.length, leftOut };
}

function wantedCount({ choice }: HostSelector, matching: number): number {
  switch (choice.mode) {
    case 'all':
      return matching;
    case 'one':
      return 1;
    case 'fixed':
      return choice.count;
    case 'percent':
      return Math.floor((choice.percent * matching) / 100);
  }
}

function matches(host: CandidateHost, selector: HostSelector): boolean {
  const isNamed = selector.names.length === 0 || selector.names.includes(host.name);
  return isNamed && Object.entries(selector.labels).every(([key, value]) => host.labels[key] === value);
}

function described(selector: HostSelector): string {
  const labels = Object.entries(selector.labels).map(([key, value]) => `${key}=${value}`);
  return [...labels, ...selector.names].join(', ') || 'every host';
}

function none(message: string): HostSelection {
  return { kind: 'none', message };
}

/** FNV-1a over UTF-16 units with a final mix: spreads well enough to draw by, and is the same everywhere. */
function rankOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
