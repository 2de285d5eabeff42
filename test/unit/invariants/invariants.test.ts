import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { invariants, violationsIn } from '../../invariants/index.ts';
import {
  type Act,
  type Ask,
  type Exchange,
  type Grip,
  nothingSeen,
  type Observation,
  type Standstill,
} from '../../invariants/observation.ts';

const host = 'host-a';
const faultId = 'fault-1';
const worker = 'worker#1';

const inject: Exchange & { readonly ask: Extract<Ask, { type: 'inject' }> } = {
  host,
  atMs: 1000,
  ask: {
    type: 'inject',
    key: 'key-1',
    runId: 'run-1',
    kind: 'process.pause',
    targets: [worker],
    ttlMs: 10_000,
    durationMs: 60_000,
    haltEpoch: 1,
    hasConsent: false,
  },
  answer: { kind: 'done', atMs: 1100, faultId },
};
const seize: Act = {
  atMs: 1050,
  host,
  faultId,
  what: 'seize',
  process: worker,
  meant: worker,
  isProtected: false,
  wasStoppedByOthers: false,
  before: { isIntentAudited: true, isUndoJournalled: true, isKernelTimerArmed: true, isBoundToAgent: true },
};
const grip: Grip = { host, process: worker, faultId, how: 'traced', binding: 'kernel', fromMs: 1050, untilMs: 11_060 };
const receipt = {
  host,
  atMs: 11_100,
  faultId,
  cause: 'lease-expired',
  isConfirmed: true,
  targets: [{ process: worker, outcome: 'restored' }],
};

const slowDisk: Standstill = { host, what: 'disk', fromMs: 100, untilMs: 5000 };
const agentEnd: Standstill = { host, what: 'agent', fromMs: 300, untilMs: 500, isEnd: true };

type Durability = NonNullable<Extract<Exchange['answer'], { kind: 'done' }>['durability']>;

/** A pause of one process that ran out as it should; each test changes one thing. */
const quiet: Observation = {
  ...nothingSeen,
  untilMs: 60_000,
  hosts: [{ host, processesMax: 1, faultsMax: 2, survivorsMin: 0 }],
  exchanges: [inject],
  told: [{ host, atMs: 1100, faultId, key: 'key-1', runId: 'run-1' }],
  acts: [seize],
  grips: [grip],
  receipts: [receipt],
};

function renewal(atMs: number, answer: Exchange['answer'] = { kind: 'done', atMs, faultId }): Exchange {
  return { host, atMs, ask: { type: 'renew', faultId, ttlMs: 10_000 }, ...(answer ? { answer } : {}) };
}

function halted(atMs: number, requestId: string, epoch: number, durability: Durability = 'durable'): Exchange {
  return { host, atMs, ask: { type: 'halt', requestId }, answer: { kind: 'done', atMs: atMs + 5, epoch, durability } };
}

function chained(...entries: readonly string[]): readonly string[] {
  let previous = '0'.repeat(64);
  return entries.map((entry, index) => {
    const body = `{"sequence":${index + 1},"previous":"${previous}","entry":${entry}`;
    previous = createHash('sha256').update(body).digest('hex');
    return `${body},"hash":"${previous}"}`;
  });
}

const second: Grip = { ...grip, process: 'worker#2', faultId: 'fault-2', fromMs: 5000, untilMs: 6000 };
const restore: Exchange = { host, atMs: 2000, ask: { type: 'restore', faultId } };

/** What each invariant must see, in the quiet world with one thing changed. */
const broken: readonly (readonly [id: string, what: string, change: Partial<Observation>])[] = [
  ['S1', 'a grip that outlives its lease', { grips: [{ ...grip, untilMs: 11_400 }] }],
  ['S1', 'a grip that is still there at the end', { grips: [{ ...grip, untilMs: undefined as never }] }],
  ['S1', 'a grip that nobody asked for', { exchanges: [] }],
  ['S1', 'a renewal that came too late and was accepted', { exchanges: [inject, renewal(12_000)] }],
  [
    'S2',
    'a touch before its intent is on the disk',
    { acts: [{ ...seize, before: { ...seize.before!, isIntentAudited: false } }] },
  ],
  [
    'S2',
    'a touch before its record is on the disk',
    { acts: [{ ...seize, before: { ...seize.before!, isUndoJournalled: false } }] },
  ],
  [
    'S2',
    'a touch by a holder without a timer',
    { acts: [{ ...seize, before: { ...seize.before!, isKernelTimerArmed: false } }] },
  ],
  [
    'S2',
    'a touch by a holder that would outlive its agent',
    { acts: [{ ...seize, before: { ...seize.before!, isBoundToAgent: false } }] },
  ],
  [
    'S3',
    'a lease that ran out before its time',
    { receipts: [{ ...receipt, atMs: 3000 }], grips: [{ ...grip, untilMs: 2900 }] },
  ],
  ['S4', 'a restore that did not let go', { exchanges: [inject, restore] }],
  ['S5', 'a touch while halted', { exchanges: [inject, halted(500, 'halt-1', 2)] }],
  ['S5', 'a second halt at the same epoch', { exchanges: [halted(20_000, 'halt-1', 2), halted(21_000, 'halt-2', 2)] }],
  [
    'S5',
    'a touch after a reboot that a durable halt was to outlive',
    { exchanges: [inject, halted(200, 'halt-1', 2)], standstills: [{ ...agentEnd, what: 'host-down' }] },
  ],
  [
    'S5',
    'a touch after an end of the agent that a volatile halt was to outlive',
    { exchanges: [inject, halted(200, 'halt-1', 2, 'volatile')], standstills: [slowDisk, agentEnd] },
  ],
  [
    'S5',
    'a halt in memory only that the agent had all the time to write',
    {
      untilMs: 90_000,
      acts: [{ ...seize, atMs: 30_000 }],
      exchanges: [inject, halted(1000, 'halt-1', 2, 'memory-only')],
      standstills: [
        { ...slowDisk, untilMs: 2000 },
        { ...agentEnd, fromMs: 20_000, untilMs: 21_000 },
      ],
    },
  ],
  ['S5', 'a halt in memory only on a disk that is well', { exchanges: [halted(20_000, 'halt-1', 2, 'memory-only')] }],
  ['S5', 'a volatile halt on a disk that is well', { exchanges: [halted(20_000, 'halt-1', 2, 'volatile')] }],
  [
    'S5',
    'a rearm at an epoch that a halt has passed',
    {
      exchanges: [
        halted(20_000, 'halt-1', 3),
        {
          host,
          atMs: 21_000,
          ask: { type: 'rearm', expectedEpoch: 2 },
          answer: { kind: 'done', atMs: 21_001, epoch: 2 },
        },
      ],
    },
  ],
  [
    'S6',
    'a halt that was refused',
    {
      exchanges: [
        inject,
        {
          host,
          atMs: 20_000,
          ask: { type: 'halt', requestId: 'halt-1' },
          answer: { kind: 'failed', atMs: 20_001, message: 'the disk is full' },
        },
      ],
    },
  ],
  [
    'S6',
    'a halt without an answer',
    { exchanges: [inject, { host, atMs: 20_000, ask: { type: 'halt', requestId: 'halt-1' } }] },
  ],
  ['S7', 'a touch of a protected process', { acts: [{ ...seize, isProtected: true }] }],
  ['S8', 'a touch of a process that got the number', { acts: [{ ...seize, process: 'worker#9' }] }],
  ['S9', 'more processes than allowed', { grips: [grip, second] }],
  [
    'S9',
    'a share that is more than was asked for',
    {
      exchanges: [
        inject,
        {
          host,
          atMs: 1,
          ask: { type: 'plan', percent: 10, matching: [4] },
          answer: { kind: 'done', atMs: 2, chosen: 1 },
        },
      ],
    },
  ],
  ['S10', 'a budget that came back while its fault was held', { grips: [grip, second] }],
  [
    'S11',
    'two holds by tracing on one process',
    { grips: [grip, { ...grip, faultId: 'fault-2', fromMs: 5000, untilMs: 6000 }] },
  ],
  ['S11', 'a restore without an answer', { exchanges: [inject, restore] }],
  ['S12', 'a confirmed receipt of what is still held', { receipts: [{ ...receipt, atMs: 11_000 }] }],
  [
    'S13',
    'a process set going that others had stopped',
    { acts: [{ ...seize, what: 'continue', wasStoppedByOthers: true }] },
  ],
  [
    'S13',
    'a process set going that others had stopped long before the agent died',
    {
      acts: [{ ...seize, atMs: 9000, what: 'continue', wasStoppedByOthers: true, othersStoppedAtMs: 2000 }],
      standstills: [{ host, what: 'agent', isEnd: true, fromMs: 8000, untilMs: 9100 }],
    },
  ],
  [
    'S13',
    'a process set going that others had stopped after the disk took the release, and before the agent died',
    {
      acts: [{ ...seize, atMs: 9000, what: 'continue', wasStoppedByOthers: true, othersStoppedAtMs: 6000 }],
      standstills: [slowDisk, { host, what: 'agent', isEnd: true, fromMs: 8000, untilMs: 9100 }],
    },
  ],
  [
    'S13',
    'a value of others that is written over',
    { acts: [{ ...seize, what: 'put-back', isOthersValueLost: true }] },
  ],
  ['S14', 'a gap in the audit', { audits: [{ host, atMs: 50_000, lines: chained('{"key":"key-1"}', '{}').slice(1) }] }],
  [
    'S14',
    'an edited line of the audit',
    {
      audits: [{ host, atMs: 50_000, lines: chained('{"key":"key-1"}').map((line) => line.replace('key-1', 'key-2')) }],
    },
  ],
  [
    'S14',
    'an acknowledged inject that is not in the audit',
    { audits: [{ host, atMs: 50_000, lines: chained('{}') }] },
  ],
  [
    'S15',
    'one key that acted twice',
    {
      acts: [seize, { ...seize, faultId: 'fault-2' }],
      told: [...quiet.told, { ...quiet.told[0]!, faultId: 'fault-2' }],
    },
  ],
  [
    'S16',
    'a run that holds on without data',
    { runs: [{ runId: 'run-1', breachedFromMs: 1100, forMs: 500, staleMs: 1000, leaseMs: 10_000, unreachable: [] }] },
  ],
  ['S17', 'a program that crashed', { accidents: [{ host, atMs: 1, what: 'crash', detail: 'TypeError' }] }],
  ['S18', 'a touch beside an unknown record', { accidents: [{ host, atMs: 1, what: 'journal-damaged', detail: '' }] }],
  [
    'S19',
    'a fault that outlives the calm',
    { calmFromMs: 0, replayMs: 0, untilMs: 30_000, grips: [{ ...grip, untilMs: 30_000 }] },
  ],
  ['S20', 'a kill without consent', { acts: [{ ...seize, what: 'signal', signal: 'SIGKILL' }] }],
  ['S20', 'a stop by a signal', { acts: [{ ...seize, what: 'signal', signal: 'SIGSTOP' }] }],
];

describe('the invariants', () => {
  it('are the twenty of the table, in its order', () => {
    expect(invariants.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => `S${index + 1}`));
  });

  it('say nothing of a fault that ran out as it should', () => {
    expect(violationsIn(quiet)).toEqual([]);
  });

  it('are each shown to be able to fail', () => {
    expect(new Set(broken.map(([id]) => id))).toEqual(new Set(invariants.map(({ id }) => id)));
  });

  it.each(broken)('%s sees %s', (id, _what, change) => {
    const found = invariants.find((invariant) => invariant.id === id)?.check({ ...quiet, ...change });
    expect(found).not.toEqual([]);
  });

  it('let a halt be forgotten only by what it was said not to outlive', () => {
    const exchanges = [inject, halted(200, 'halt-1', 2, 'memory-only')];
    const S5 = (change: Partial<Observation>) =>
      violationsIn({ ...quiet, exchanges, ...change }).filter(({ invariant }) => invariant === 'S5');
    expect(S5({ standstills: [slowDisk, agentEnd] })).toEqual([]);
    // A process that is only stopped forgets nothing.
    const { isEnd: _, ...agentStop } = agentEnd;
    expect(S5({ standstills: [slowDisk, agentStop] })).not.toEqual([]);
    const volatile = [inject, halted(200, 'halt-1', 2, 'volatile')];
    expect(S5({ exchanges: volatile, standstills: [slowDisk, { ...agentEnd, what: 'host-down' }] })).toEqual([]);
  });

  it('let a renewal that came in time extend a lease, and never past the asked duration', () => {
    const renewed = { ...quiet, exchanges: [inject, renewal(9000)], grips: [{ ...grip, untilMs: 19_200 }] };
    expect(violationsIn({ ...renewed, receipts: [] })).toEqual([]);
    const short = { ...inject, ask: { ...inject.ask, durationMs: 12_000 } };
    const found = violationsIn({ ...renewed, receipts: [], exchanges: [short, renewal(9000)] });
    expect(found.map(({ invariant }) => invariant)).toContain('S1');
  });

  it('let a stop of others be undone where the agent died before its disk could tell whose it is', () => {
    const act: Act = { ...seize, atMs: 9000, what: 'continue', wasStoppedByOthers: true, othersStoppedAtMs: 2000 };
    const S13 = (standstills: readonly Standstill[]) =>
      violationsIn({ ...quiet, acts: [act], standstills }).filter(({ invariant }) => invariant === 'S13');
    const end: Standstill = { host, what: 'agent', isEnd: true, fromMs: 4000, untilMs: 4200 };
    expect(S13([slowDisk, end])).toEqual([]);
    expect(S13([{ ...end, fromMs: 2500, untilMs: 2700 }])).toEqual([]);
    expect(S13([end])).not.toEqual([]);
    expect(S13([slowDisk])).not.toEqual([]);
  });

  it('let what is known be put back beside a record that cannot be read', () => {
    const accidents = [{ host, atMs: 1, what: 'journal-damaged' as const, detail: '' }];
    const S18 = (what: Act['what']) =>
      violationsIn({ ...quiet, acts: [{ ...seize, what }], accidents }).filter(({ invariant }) => invariant === 'S18');
    expect([S18('put-back'), S18('continue')]).toEqual([[], []]);
    expect(S18('set')).not.toEqual([]);
  });

  it('let a host that sleeps end its faults when it wakes', () => {
    const asleep = { host, what: 'host-suspended' as const, fromMs: 5000, untilMs: 30_000 };
    const late = { ...grip, untilMs: 30_100 };
    expect(violationsIn({ ...quiet, receipts: [], standstills: [asleep], grips: [late] })).toEqual([]);
    expect(
      violationsIn({ ...quiet, receipts: [], standstills: [asleep], grips: [{ ...late, untilMs: 31_000 }] }),
    ).not.toEqual([]);
  });
});
