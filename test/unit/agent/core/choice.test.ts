import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choose } from '../../../../agent/core/choice.ts';
import type { Choice, ChoiceOrder } from '../../../../proto/choice.ts';
import { processOf } from '../processes.ts';

const someProcesses = fc
  .uniqueArray(fc.integer({ min: 1, max: 4_000_000 }), { minLength: 1, maxLength: 60 })
  .map((pids) => pids.map((pid) => processOf(pid)));

const somePercent = fc.double({ min: 0.01, max: 100, noNaN: true });
const drawn = { seed: fc.string(), order: fc.constantFrom<ChoiceOrder>('oldest', 'newest') };
const onlyMode = { requiredKeys: ['mode', 'seed'] as ['mode', 'seed'] };

const someChoice: fc.Arbitrary<Choice> = fc.oneof(
  fc.record({ mode: fc.constant('one' as const), ...drawn }, onlyMode),
  fc.record({ mode: fc.constant('all' as const) }),
  fc.record(
    { mode: fc.constant('fixed' as const), count: fc.integer({ min: 1, max: 80 }), ...drawn },
    { requiredKeys: ['mode', 'seed', 'count'] },
  ),
  fc.record(
    { mode: fc.constantFrom('percent' as const, 'random-max-percent' as const), percent: somePercent, ...drawn },
    { requiredKeys: ['mode', 'seed', 'percent'] },
  ),
);

/** Processes of these ages, the first started first. */
const byAge = [40, 10, 30, 20].map((pid, index) => ({
  ...processOf(pid),
  identity: { ...processOf(pid).identity, startTimeTicks: 100 * index },
}));

function reasonOf(count: number, choice: Choice): string {
  const processes = Array.from({ length: count }, (_, index) => processOf(index + 1));
  const chosen = choose(processes, choice);
  return chosen.kind === 'chosen' ? chosen.reason : chosen.refusal.message;
}

function chosenPids(processes: readonly ReturnType<typeof processOf>[], choice: Choice): number[] {
  const chosen = choose(processes, choice);
  return chosen.kind === 'chosen' ? chosen.processes.map((process) => process.identity.pid) : [];
}

function mostOf(matched: number, choice: Choice): number {
  switch (choice.mode) {
    case 'one':
      return 1;
    case 'all':
      return matched;
    case 'fixed':
      return choice.count;
    case 'percent':
    case 'random-max-percent':
      return (matched * choice.percent) / 100;
  }
}

describe('a choice', () => {
  test('never takes more than asked, nothing that did not match, and nothing twice', () => {
    fc.assert(
      fc.property(someProcesses, someChoice, (processes, choice) => {
        const pids = chosenPids(processes, choice);
        expect(pids.length).toBeLessThanOrEqual(mostOf(processes.length, choice));
        expect(new Set(pids).size).toBe(pids.length);
        expect(processes.map((process) => process.identity.pid)).toEqual(expect.arrayContaining(pids));
      }),
    );
  });

  test('draws the same processes for the same seed, in whatever order they were found', () => {
    fc.assert(
      fc.property(someProcesses, someChoice, (processes, choice) => {
        expect(chosenPids([...processes].reverse(), choice)).toEqual(chosenPids(processes, choice));
      }),
    );
  });

  test('keeps what it drew when another process goes away', () => {
    fc.assert(
      fc.property(someProcesses, fc.string(), (processes, seed) => {
        const [drawn] = chosenPids(processes, { mode: 'one', seed });
        const fewer = processes.filter((process, index) => process.identity.pid === drawn || index % 2 === 0);
        expect(chosenPids(fewer, { mode: 'one', seed })).toEqual([drawn]);
      }),
    );
  });

  test('draws each process about equally often', () => {
    const processes = [101, 102, 103, 104].map((pid) => processOf(pid));
    const drawn = new Map<number, number>();
    for (let seed = 0; seed < 4000; seed += 1) {
      const [pid = 0] = chosenPids(processes, { mode: 'one', seed: `run-${seed}` });
      drawn.set(pid, (drawn.get(pid) ?? 0) + 1);
    }
    expect(Math.min(...drawn.values())).toBeGreaterThan(850);
  });

  test('rounds a percentage down, without losing one to binary fractions', () => {
    const processes = Array.from({ length: 100 }, (_, index) => processOf(index + 1));
    expect(chosenPids(processes, { mode: 'percent', percent: 29, seed: '' })).toHaveLength(29);
    expect(chosenPids(processes, { mode: 'percent', percent: 1.9, seed: '' })).toHaveLength(1);
  });

  test('says how a percentage was rounded', () => {
    expect(reasonOf(7, { mode: 'percent', percent: 30, seed: '' })).toBe(
      '30% of 7 = 2.1, rounded down to 2, drawn by the seed',
    );
    expect(reasonOf(10, { mode: 'percent', percent: 30, seed: '' })).toBe('30% of 10 = 3, drawn by the seed');
    expect(reasonOf(3, { mode: 'percent', percent: 100 / 3, seed: '' })).toMatch(/ of 3 = 1, drawn by the seed$/);
    expect(reasonOf(5, { mode: 'fixed', count: 2, seed: '', order: 'oldest' })).toBe('2 of 5, the oldest');
    expect(reasonOf(5, { mode: 'all' })).toBe('all of 5');
  });

  test('of a random share takes from one process to that share, and each number about equally often', () => {
    const processes = Array.from({ length: 17 }, (_, index) => processOf(index + 1));
    const counts = new Map<number, number>();
    for (let seed = 0; seed < 4000; seed += 1) {
      const count = chosenPids(processes, { mode: 'random-max-percent', percent: 25, seed: `run-${seed}` }).length;
      counts.set(count, (counts.get(count) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4]);
    expect(Math.min(...counts.values())).toBeGreaterThan(850);
    expect(reasonOf(17, { mode: 'random-max-percent', percent: 25, seed: 'x' })).toMatch(
      /^[1-4], drawn by the seed from 1 to 4 \(25% of 17 = 4.25, rounded down to 4\), drawn by the seed$/,
    );
  });

  test('of the oldest or the newest goes by start time, and leaves only a tie to the seed', () => {
    expect(chosenPids(byAge, { mode: 'one', seed: 'a', order: 'oldest' })).toEqual([40]);
    expect(chosenPids(byAge, { mode: 'fixed', count: 2, seed: 'a', order: 'newest' })).toEqual([20, 30]);
    const twins = byAge.map((process) => ({ ...process, identity: { ...process.identity, startTimeTicks: 7 } }));
    const drawn = ['a', 'b', 'c', 'd', 'e', 'f'].map((seed) =>
      chosenPids(twins, { mode: 'one', seed, order: 'oldest' }).join(),
    );
    expect(new Set(drawn).size).toBeGreaterThan(1);
  });

  test('of a percentage that gives no process is refused with its figures', () => {
    expect(choose([processOf(1), processOf(2)], { mode: 'percent', percent: 40, seed: '' })).toEqual({
      kind: 'refused',
      refusal: {
        reason: 'percent-rounds-to-zero',
        message: '40% of 2 matching processes is less than one',
        value: '40%',
        bound: '2',
      },
    });
  });

  test('of more than there are is refused', () => {
    expect(choose([processOf(1)], { mode: 'fixed', count: 2, seed: '' })).toMatchObject({
      refusal: { reason: 'too-few-matches', value: '1', bound: '2' },
    });
  });

  test('of nothing is refused in every mode', () => {
    fc.assert(
      fc.property(someChoice, (choice) => {
        expect(choose([], choice)).toMatchObject({ kind: 'refused', refusal: { reason: 'no-match' } });
      }),
    );
  });
});
