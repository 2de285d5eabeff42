/** How many of the matching processes, and which: drawn by a seed, so that a plan and its inject draw the same ones. */

import type { Choice, ChoiceOrder } from '../../proto/choice.ts';
import { identityKey } from '../../proto/identity.ts';
import type { Refusal } from '../../proto/refusal.ts';
import type { ProcessFacts } from './process.ts';

export type Chosen =
  | {
      readonly kind: 'chosen';
      readonly processes: readonly ProcessFacts[];
      /** How many and by what, rounding included: "30% of 7 = 2.1, rounded down to 2, drawn by the seed". */
      readonly reason: string;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A number of 32 bits for a seed and a key: equal for equal arguments, and otherwise as good as random. */
export type RankBySeed = (seed: string, key: string) => number;

/**
 * Takes the processes that come first, in order of pid. The order and the number of other processes do not matter to a
 * rank, so a process that comes or goes changes as few of the chosen as it can. Never takes more than asked.
 */
export function choose(matches: readonly ProcessFacts[], choice: Choice, rank: RankBySeed = rankBySeed): Chosen {
  const matched = matches.length;
  if (matched === 0) return refused('no-match', 'no process matches the selector');
  switch (choice.mode) {
    case 'one':
      return first(matches, { count: 1, why: `one of ${matched}` }, choice, rank);
    case 'all':
      return { kind: 'chosen', processes: byPid(matches), reason: `all of ${matched}` };
    case 'fixed': {
      const { count } = choice;
      if (matched >= count) return first(matches, { count, why: `${count} of ${matched}` }, choice, rank);
      const message = `${matched} processes match, and exactly ${count} were asked for`;
      return refused('too-few-matches', message, String(matched), String(count));
    }
    case 'percent': {
      const { share, why } = shareOf(matched, choice.percent);
      if (share === 0) return roundsToZero(matched, choice.percent);
      return first(matches, { count: share, why }, choice, rank);
    }
    case 'random-max-percent': {
      const { share, why } = shareOf(matched, choice.percent);
      if (share === 0) return roundsToZero(matched, choice.percent);
      // Another key than that of any process, so that how many does not tell which.
      const count = 1 + Math.floor((rank(choice.seed, 'count') / 2 ** 32) * share);
      return first(matches, { count, why: `${count}, drawn by the seed from 1 to ${share} (${why})` }, choice, rank);
    }
  }
}

/** As many as a choice can give of so many matches. */
export function countMost(choice: Choice, matched: number): number {
  switch (choice.mode) {
    case 'one':
      return 1;
    case 'all':
      return matched;
    case 'fixed':
      return choice.count;
    case 'percent':
    case 'random-max-percent':
      return shareOf(matched, choice.percent).share;
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

function shareOf(matched: number, percent: number): { readonly share: number; readonly why: string } {
  // Multiplied first: 29 / 100 * 100 is a little less than 29.
  const exact = (matched * percent) / 100;
  const share = Math.min(Math.floor(exact), matched);
  const shown = Math.floor(exact * 1000) / 1000;
  return { share, why: `${percent}% of ${matched} = ${shown}${shown === share ? '' : `, rounded down to ${share}`}` };
}

function first(
  matches: readonly ProcessFacts[],
  { count, why }: { readonly count: number; readonly why: string },
  { seed, order }: { readonly seed: string; readonly order?: ChoiceOrder },
  rank: RankBySeed,
): Chosen {
  const ranked = matches.map((process) => {
    const key = identityKey(process.identity);
    return { process, key, age: ageRank(process, order), rank: rank(seed, key) };
  });
  ranked.sort((one, other) => one.age - other.age || one.rank - other.rank || (one.key < other.key ? -1 : 1));
  return {
    kind: 'chosen',
    processes: byPid(ranked.slice(0, count).map(({ process }) => process)),
    reason: `${why}, ${order === undefined ? 'drawn by the seed' : `the ${order}`}`,
  };
}

function ageRank({ identity }: ProcessFacts, order: ChoiceOrder | undefined): number {
  if (order === undefined) return 0;
  return order === 'oldest' ? identity.startTimeTicks : -identity.startTimeTicks;
}

function byPid(processes: readonly ProcessFacts[]): readonly ProcessFacts[] {
  return [...processes].sort((one, other) => one.identity.pid - other.identity.pid);
}

function roundsToZero(matched: number, percent: number): Chosen {
  const message = `${percent}% of ${matched} matching processes is less than one`;
  return refused('percent-rounds-to-zero', message, `${percent}%`, String(matched));
}

function refused(reason: Refusal['reason'], message: string, value?: string, bound?: string): Chosen {
  return {
    kind: 'refused',
    refusal: { reason, message, ...(value === undefined ? {} : { value }), ...(bound === undefined ? {} : { bound }) },
  };
}
