/** Chances that are the same for the same seed. Each part of the world has a stream of its own, so that none shifts another's. */
import { createRandom } from '../bench/random.ts';

export interface Random {
  /** From 0 up to, and without, 1. */
  next(): number;
  between(from: number, to: number): number;
  whole(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** A stream of its own, named. */
  fork(name: string): Random;
}

export function randomOf(seed: number): Random {
  const next = createRandom(seed);
  const random: Random = {
    next,
    between: (from, to) => from + next() * (to - from),
    whole: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)] as (typeof items)[number],
    fork(name) {
      let mixed = seed >>> 0;
      for (let index = 0; index < name.length; index += 1) {
        mixed = Math.imul(mixed ^ name.charCodeAt(index), 0x01000193) ^ (mixed >>> 13);
      }
      return randomOf(mixed >>> 0);
    },
  };
  return random;
}
