import { expect, test } from 'vitest';
import type { ProcessFacts, ProcessTable } from '../../../../agent/core/process.ts';
import { createSuccessorFinder, type FindSuccessor } from '../../../../agent/host/successor.ts';
import { until } from '../../../rig/until.ts';
import { bootId, processOf, tableOf } from '../processes.ts';

const former = like(700, 500);

function like(pid: number, startTimeTicks: number, facts: Partial<ProcessFacts> = {}): ProcessFacts {
  const process = processOf(pid, { name: 'nginx', exe: '/usr/sbin/nginx', cmdline: ['nginx: worker'], parentPid: 600 });
  return { ...process, ...facts, identity: { bootId, pid: process.identity.pid, startTimeTicks } };
}

function finderIn(table: ProcessTable, readTable = async () => table): FindSuccessor {
  return createSuccessorFinder({ readTable, readProcess: (pid) => table.processes.get(pid) });
}

test('the youngest process like it, that started since, has taken its place', async () => {
  const find = finderIn(
    tableOf(
      like(701, 400),
      like(702, 600),
      like(703, 800),
      like(704, 900, { exe: '/usr/bin/other' }),
      like(705, 900, { state: 'Z' }),
      like(706, 900, { uid: 7 }),
      like(707, 900, { parentPid: 1, cmdline: ['nginx: master'] }),
    ),
  );
  expect((await until('there is an answer', () => find(former, 5500))).pid).toBe(703);
});

test('one that was there before, or is itself, is none, however often it is asked', async () => {
  const table = tableOf(former, like(701, 450));
  let looks = 0;
  const find = finderIn(table, async () => {
    looks += 1;
    return table;
  });
  const answers = new Set<unknown>();
  await until('it was looked three times', () => {
    answers.add(find(former));
    return looks >= 3;
  });
  expect([...answers]).toEqual([undefined]);
});

test('a look that fails is followed by another', async () => {
  const table = tableOf(like(701, 800));
  let looks = 0;
  const find = finderIn(table, async () => {
    looks += 1;
    if (looks === 1) throw new Error('not done after 10000 ms');
    return table;
  });
  expect((await until('there is an answer', () => find(former, 5500))).pid).toBe(701);
});
