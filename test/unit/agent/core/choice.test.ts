import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choose } from '../../../../agent/core/choice.ts';
import type { Choice } from '../../../../proto/selector.ts';
import { processOf } from '../processes.ts';

const someProcesses = fc
  .uniqueArray(fc.integer({ min: 1, max: 4_000_000 }), { minLength: 1, maxLength: 60 })
  .map((pids) => pids.map((pid) => processOf(pid)));

const someChoice: fc.Arbitrary<Choice> = fc.oneof(
  fc.record({ mode: fc.constant('one' as const), seed: fc.string() }),
  fc.record({ mode: fc.constant('all' as const) }),
  fc.record({ mode: fc.constant('fixed' as const), count: fc.integer({ min: 1, max: 80 }), seed: fc.string() }),
  fc.record({
    mode: fc.constant('percent' as const),
    percent: fc.double({ min: 0.01, max: 100, noNaN: true }),
    seed: fc.string(),
  }),
);

function chosenPids(processes: readonly ReturnType<typeof processOf>[], choice: Choice): number[] {
  const chosen = choose(processes, choice);
  return chosen.kind === 'chosen' ? chosen.processes.map((process) => process.identity.pid) : [];
}

describe('a choice', () => {
  test('never takes more than asked, nothing that did not match, and nothing twice', () => {
    fc.assert(
      fc.property(someProcesses, someChoice, (processes, choice) => {
        const pids = chosenPids(processes, choice);
        const max = {
          one: 1,
          all: processes.length,
          fixed: choice.mode === 'fixed' ? choice.count : 0,
          percent: choice.mode === 'percent' ? (processes.length * choice.percent) / 100 : 0,
        }[choice.mode];
        expect(pids.length).toBeLessThanOrEqual(max);
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
