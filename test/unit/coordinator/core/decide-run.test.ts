import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRun } from '../../../../coordinator/core/decide-run.ts';
import { renewalsFor } from '../../../../coordinator/core/lease-book.ts';
import { isOpen, type RunState, submittedRun } from '../../../../coordinator/core/run.ts';
import type { RunEffect, RunInput } from '../../../../coordinator/core/run-decision.ts';
import { nextDueMs } from '../../../../coordinator/core/run-due.ts';
import type { Receipt } from '../../../../proto/fault.ts';
import { experiment, pause } from '../world.ts';

const hosts = ['host-a', 'host-b'];
const keys = hosts.map((host) => `run/1/${host}`);
const facts = {
  runId: 'run-0001',
  experiment: experiment([[pause(1)]]),
  scopeDigest: '',
  submittedBy: 'alice',
  submittedAtUnixMs: 0,
};
const submitted = submittedRun(facts, { gates: [], targetsDigest: 'd' });
const planned: RunInput = {
  type: 'planned',
  targetsDigest: 'd',
  placements: hosts.map((host, index) => ({
    key: keys[index] as string,
    host,
    stepNumber: 1,
    targets: [],
    targetsDigest: 'd',
    haltEpoch: 1,
  })),
};
const receipt = (host: string, confirmed = true): Receipt => ({
  faultId: `fault-${host}`,
  cause: 'restored',
  detail: '',
  confirmed,
  targets: [],
  endedAtUnixMs: 0,
  restoredMs: 1,
  resourceBackMs: 0,
});
const seen = (host: string, phase: 'active' | 'ended' | 'unresolved'): RunInput => ({
  type: 'fault-seen',
  host,
  fault: {
    faultId: `fault-${host}`,
    idempotencyKey: `run/1/${host}`,
    runId: 'run-0001',
    phase,
    targets: [],
    leaseRemainingMs: phase === 'active' ? 10_000 : 0,
    durationRemainingMs: phase === 'active' ? 30_000 : 0,
    seen: 'held',
    ...(phase === 'active' ? {} : { receipt: receipt(host, phase === 'ended') }),
  },
});

function play(inputs: readonly { readonly input: RunInput; readonly afterMs: number }[]) {
  let state: RunState = submitted;
  let nowMs = 1000;
  const effects: RunEffect[] = [];
  const states: RunState[] = [];
  for (const { input, afterMs } of inputs) {
    nowMs += afterMs;
    const decision = decideRun(state, input, { bootMs: nowMs, unixMs: nowMs });
    state = decision.state;
    states.push(state);
    effects.push(...decision.effects);
  }
  return { state, effects, states, nowMs };
}

const host = fc.constantFrom(...hosts);
const key = fc.constantFrom(...keys);
const anyInput: fc.Arbitrary<RunInput> = fc.oneof(
  fc.constant<RunInput>({ type: 'tick' }),
  fc.constant<RunInput>({ type: 'start', by: 'alice', gates: [] }),
  fc.constant<RunInput>(planned),
  fc.constant<RunInput>({ type: 'judged' }),
  fc.constant<RunInput>({ type: 'queue', by: 'bob', expiresAtUnixMs: 20_000, place: 1, why: 'the zone is taken' }),
  fc.constant<RunInput>({ type: 'queue-moved', place: 2, why: 'the zone is taken' }),
  fc.constantFrom<RunInput>({ type: 'deviated', detail: 'slow' }, { type: 'not-known', detail: 'silent' }),
  fc.constant<RunInput>({ type: 'end', end: { cause: 'halted', detail: '' } }),
  fc.constant<RunInput>({ type: 'end', end: { cause: 'aborted-by-person', detail: '' } }),
  host.chain((name) => fc.constantFrom(seen(name, 'active'), seen(name, 'ended'), seen(name, 'unresolved'))),
  key.map((each): RunInput => ({ type: 'inject-refused', key: each, detail: 'no' })),
  key.map((each): RunInput => ({ type: 'inject-unanswered', key: each, detail: 'late' })),
  key.map((each): RunInput => ({ type: 'not-sent', key: each, detail: '' })),
  host.map((name): RunInput => ({ type: 'receipts', host: name, receipts: [receipt(name)] })),
  host.map((name): RunInput => ({ type: 'receipts', host: name, receipts: [] })),
  host.map((name): RunInput => ({ type: 'let-go-failed', host: name, detail: '' })),
  host.map((name): RunInput => ({ type: 'renewal-refused', faultId: `fault-${name}`, detail: '' })),
  fc.constant<RunInput>({ type: 'renewed', faultIds: hosts.map((name) => `fault-${name}`), sentAtMs: 0 }),
);
const history = fc.array(fc.record({ input: anyInput, afterMs: fc.integer({ min: 0, max: 15_000 }) }), {
  maxLength: 60,
});
const begun = [
  { input: { type: 'start', by: 'alice', gates: [] } as const, afterMs: 0 },
  { input: planned, afterMs: 0 },
];

describe('the life of a run', () => {
  it('orders each inject once, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(history, (inputs) => {
        const { effects } = play([...begun, ...inputs]);
        const ordered = effects.flatMap((effect) => (effect.type === 'inject' ? [effect.placement.key] : []));
        expect(new Set(ordered).size).toBe(ordered.length);
      }),
    );
  });

  it('keeps the first cause of its end', () => {
    fc.assert(
      fc.property(history, (inputs) => {
        const { states } = play([...begun, ...inputs]);
        const causes = states.flatMap(({ life }) =>
          life.phase === 'ending' || life.phase === 'ended' ? [life.end.cause] : [],
        );
        expect(new Set(causes).size).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is never anything but unresolved while a host owes a receipt', () => {
    fc.assert(
      fc.property(history, (inputs) => {
        for (const { life, placements } of play([...begun, ...inputs]).states) {
          if (life.phase === 'ended' && placements.some(isOpen)) expect(life.result).toBe('unresolved');
        }
      }),
    );
  });

  it('renews nothing once it is ending', () => {
    fc.assert(
      fc.property(history, (inputs) => {
        const { state, nowMs } = play([...begun, ...inputs]);
        if (state.life.phase !== 'running') {
          expect(hosts.flatMap((name) => renewalsFor(name, [state], nowMs))).toEqual([]);
        }
      }),
    );
  });

  it('ends with every host asked, once the hosts answer and time passes', () => {
    fc.assert(
      fc.property(history, (inputs) => {
        const played = play([...begun, ...inputs]);
        let { state, nowMs } = played;
        const step = (input: RunInput): void => {
          const decision = decideRun(state, input, { bootMs: nowMs, unixMs: nowMs });
          state = decision.state;
          for (const effect of decision.effects) {
            if (effect.type === 'let-go')
              step({ type: 'receipts', host: effect.host, receipts: [receipt(effect.host)] });
            if (effect.type === 'judge') step({ type: 'judged' });
          }
        };
        if (state.life.phase === 'running' && state.life.activity.name === 'judging') step({ type: 'judged' });
        // Whatever call was under way fails, as every call does by its deadline.
        for (const each of keys) step({ type: 'inject-unanswered', key: each, detail: 'deadline' });
        for (const order of state.orders) step({ type: 'let-go-failed', host: order.host, detail: 'deadline' });
        for (let turn = 0; turn < 1000; turn += 1) {
          const dueMs = nextDueMs(state);
          if (dueMs === undefined) break;
          nowMs = Math.max(nowMs + 1, dueMs);
          step({ type: 'tick' });
          // Nothing stays due: a run never keeps its coordinator busy with waiting.
          expect(nextDueMs(state) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(nowMs);
        }
        expect(state.life.phase).toBe('ended');
        expect(state.placements.some(isOpen)).toBe(false);
      }),
    );
  });

  it('goes through unresolved before aborted before deviated', () => {
    const deviated = [
      ...begun,
      { input: seen('host-a', 'active'), afterMs: 0 },
      { input: seen('host-b', 'active'), afterMs: 0 },
    ];
    const { state } = play([
      ...deviated,
      { input: { type: 'deviated', detail: 'slow' }, afterMs: 10 },
      { input: { type: 'end', end: { cause: 'abort-rule', detail: '' } }, afterMs: 10 },
      { input: { type: 'receipts', host: 'host-a', receipts: [receipt('host-a')] }, afterMs: 10 },
      { input: { type: 'tick' }, afterMs: 60_000 },
    ]);
    expect(state).toMatchObject({ deviation: 'slow', life: { phase: 'ended', result: 'unresolved' } });
    const cleared = decideRun(
      state,
      { type: 'receipts', host: 'host-b', receipts: [receipt('host-b')] },
      { bootMs: 90_000, unixMs: 0 },
    );
    expect(cleared.state.life).toMatchObject({ result: 'aborted', end: { cause: 'abort-rule' } });
  });
});
