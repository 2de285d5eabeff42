import { expect, test } from 'vitest';
import type { ProcessFacts } from '../../../../agent/core/process.ts';
import type { HostView, Sight, ThreadsSeen } from '../../../../agent/faults/fault-kind.ts';
import { processPause } from '../../../../agent/faults/process-pause.ts';
import { seeRunningAgain } from '../../../../agent/faults/seen-threads.ts';
import { fakeTarget } from './fake-kernel.ts';

function sightOf(states: string | 'gone', wasStopped = false): Sight<Record<string, never>> {
  const seen: ThreadsSeen = states === 'gone' ? { kind: 'gone' } : { kind: 'threads', states: [...states] };
  return {
    host: { threads: () => seen } as unknown as HostView,
    parameters: {},
    targets: [{ identity: fakeTarget(7).identity } as ProcessFacts],
    holders: [],
    wasStopped: [wasStopped],
  };
}

test.each([
  ['ttt', true],
  ['TT', true],
  ['ttD', true],
  ['gone', true],
  ['ttS', false],
  ['ttR', false],
  ['D', false],
  ['S', false],
])('a pause of threads in states %s is seen: %s', async (states, isSeen) => {
  expect((await processPause.seeEffect(sightOf(states))).isSeen).toBe(isSeen);
});

test.each([
  ['SSR', false, 'restored'],
  ['gone', false, 'gone'],
  ['ttt', false, 'still-held'],
  ['SSt', false, 'still-held'],
  ['TTT', false, 'still-held'],
  ['TTT', true, 'stopped-before'],
  ['ttt', true, 'still-held'],
  ['SSS', true, 'restored'],
])('threads in states %s after the end, stopped before: %s, are %s', (states, wasStopped, outcome) => {
  expect(seeRunningAgain(sightOf(states, wasStopped))[0]?.outcome).toBe(outcome);
});

test('what is seen is told by number and letter', () => {
  const [seen] = seeRunningAgain(sightOf('SSRt'));
  expect(seen).toMatchObject({ threads: 4, threadsRunning: 3, seen: '1 of 4 threads stopped: R1 S2 t1' });
});
