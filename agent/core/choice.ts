/** How many of the matching processes, and which: drawn by a seed, so that a plan and its inject draw the same ones. */
import { identityKey } from '../../proto/identity.ts';
import type { Refusal } from '../../proto/refusal.ts';
import type { Choice } from '../../proto/selector.ts';
import type { ProcessFacts } from './process.ts';

export type Chosen =
  | { readonly kind: 'chosen'; readonly processes: readonly ProcessFacts[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A number for a seed and a process: equal for equal arguments, and otherwise as good as random. */
export type RankBySeed = (seed: string, key: string) => number;

/**
 * Takes the processes with the lowest ranks, in order of pid. The order and the number of other processes do not
 * matter to a rank, so a process that comes or goes changes as few of the chosen as it can. Never takes more than asked.
 */
export function choose(matches: readonly ProcessFacts[], choice: Choice, rank: RankBySeed = rankBySeed): Chosen {
  if (matches.length === 0) return refused('no-match', 'no process matches the selector');
  switch (choice.mode) {
    case 'one':
      return lowest(matches, 1, choice.seed, rank);
    case 'all':
      return { kind: 'chosen', processes: byPid(matches) };
    case 'fixed': {
      if (matches.length >= choice.count) return lowest(matches, choice.count, choice.seed, rank);
      const message = `${matches.length} processes match, and exactly ${choice.count} were asked for`;
      return refused('too-few-matches', message, String(matches.length), String(choice.count));
    }
    case 'percent': {
      // Multiplied first: 29 / 100 * 100 is a little less than 29.
      const count = Math.floor((matches.length * choice.percent) / 100);
      if (count > 0) return lowest(matches, Math.min(count, matches.length), choice.seed, rank);
      const message = `${choice.percent}% of ${matches.length} matching processes is less than one`;
      return refused('percent-rounds-to-zero', message, `${choice.percent}%`, String(matches.length));
    }
  }
}

/**
 * 32 bits: FNV-1a over the UTF-16 units of seed and key, then a finalizer that spreads each bit over all others. Not
 * for secrets: who may choose the seed may choose the process anyway.
 */
export function rankBySeed(seed: string, key: string): number {
  let hash = 0x811c9dc5;
  const text = `${seed}\0${key}`;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function lowest(matches: readonly ProcessFacts[], count: number, seed: string, rank: RankBySeed): Chosen {
  const ranked = matches.map((process) => {
    const key = identityKey(process.identity);
    return { process, key, rank: rank(seed, key) };
  });
  ranked.sort((one, other) => one.rank - other.rank || (one.key < other.key ? -1 : 1));
  return { kind: 'chosen', processes: byPid(ranked.slice(0, count).map(({ process }) => process)) };
}

function byPid(processes: readonly ProcessFacts[]): readonly ProcessFacts[] {
  return [...processes].sort((one, other) => one.identity.pid - other.identity.pid);
}

function refused(reason: Refusal['reason'], message: string, value?: string, bound?: string): Chosen {
  return {
    kind: 'refused',
    refusal: { reason, message, ...(value === undefined ? {} : { value }), ...(bound === undefined ? {} : { bound }) },
  };
}
