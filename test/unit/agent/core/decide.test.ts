import { describe, expect, it } from 'vitest';
import { bindTimeoutMs, decide, nextTickAtBootMs, targetReleaseMs } from '../../../../agent/core/decide.ts';
import type { Command, Look } from '../../../../agent/core/state.ts';
import { faultFacts, injectCommand, only, play, quietState, typesOf, untilActive } from './world.ts';

const halt = (requestId: string): Command => ({ type: 'halt', order: { requestId, reason: 'drill', by: 'anna' } });
const looked = (outcome: 'restored' | 'still-held', isHolderGone = true): Command => {
  const targets: Look['targets'] = [{ outcome, seen: '', threads: 1, threadsRunning: 1 }];
  return { type: 'looked', faultId: 'fault-1', look: { targets, isHolderGone, resourceBackMs: 0, atUnixMs: 0 } };
};

describe('an inject', () => {
  it('is recorded before a holder starts, and bound before it touches', () => {
    const [inject, recorded, bound] = untilActive;
    expect(typesOf(play([inject!]).effects)).toEqual(['record']);
    expect(typesOf(play([inject!, recorded!]).last.effects)).toEqual(['start-holder']);
    expect(typesOf(play([inject!, recorded!, bound!]).last.effects)).toEqual(['touch']);
  });

  it('starts no holder when its intent cannot be recorded', () => {
    const { effects, state } = play([
      [0, injectCommand()],
      [1, { type: 'record-failed', faultId: 'fault-1', detail: 'ENOSPC' }],
    ]);
    expect(typesOf(effects)).not.toContain('start-holder');
    expect(only(state).life).toMatchObject({ phase: 'ending', cause: 'inject-failed', detail: 'ENOSPC' });
  });

  it('that was over before it was recorded is not recorded by what comes late', () => {
    const [inject, recorded] = untilActive;
    expect(only(play([inject!]).state).isRecorded).toBe(false);
    expect(only(play([inject!, recorded!]).state).isRecorded).toBe(true);
    const { state, effects } = play([inject!, [1, halt('h1')], [2, { type: 'recorded', faultId: 'fault-1' }]]);
    expect(only(state)).toMatchObject({ isRecorded: false, life: { phase: 'ending', cause: 'halted' } });
    expect(typesOf(effects)).not.toContain('start-holder');
  });

  it('with a known key and the same request is the fault that it began', () => {
    const again = play([...untilActive, [4, injectCommand({ facts: faultFacts({ faultId: 'fault-2' }) })]]);
    expect(again.last.reply).toEqual({ type: 'fault', faultId: 'fault-1' });
    expect(again.last.effects).toEqual([]);
  });

  it('with a known key and another request is refused', () => {
    const facts = faultFacts({ faultId: 'fault-2', requestDigest: 'sha256:other' });
    const { last } = play([...untilActive, [4, injectCommand({ facts })]]);
    expect(last.reply).toMatchObject({ type: 'refused', refusals: [{ reason: 'key-reused' }] });
  });

  it('with a key that an earlier agent used, and whose fault is over, is refused', () => {
    const state = { ...quietState, keysUsedBefore: new Set(['key-00000001']) };
    const { last, effects } = play([[0, injectCommand()]], state);
    expect(last.reply).toMatchObject({ type: 'refused', refusals: [{ reason: 'key-reused' }] });
    expect(typesOf(effects)).not.toContain('record');
  });

  it('at another halt epoch than the host is refused', () => {
    const { last } = play([[0, injectCommand({ haltEpoch: 2 })]]);
    expect(last.reply).toMatchObject({ type: 'refused', refusals: [{ reason: 'halt-epoch-changed' }] });
    expect(typesOf(last.effects)).not.toContain('record');
  });

  it('that a limit refuses names every reason and touches nothing', () => {
    const refusals = [
      { reason: 'rate-limited', message: 'six' },
      { reason: 'too-many-faults', message: 'five' },
    ] as const;
    const { last } = play([[0, injectCommand({ refusals })]]);
    expect(last.reply).toEqual({ type: 'refused', refusals });
    expect(typesOf(last.effects)).toEqual(['audit', 'publish']);
  });

  it('whose holder takes too long is ended by killing the holder, not by asking it', () => {
    const { last } = play([
      [0, injectCommand({ durationMs: 600_000, leaseTtlMs: 600_000 })],
      [1, { type: 'recorded', faultId: 'fault-1' }],
      [bindTimeoutMs, { type: 'tick' }],
    ]);
    expect(typesOf(last.effects).slice(0, 2)).toEqual(['kill-holder', 'look']);
  });

  it('does not touch when a halt came while its holder was starting', () => {
    const { effects } = play([
      [0, injectCommand()],
      [1, { type: 'recorded', faultId: 'fault-1' }],
      [2, halt('h1')],
      [3, { type: 'holder-bound', faultId: 'fault-1' }],
    ]);
    expect(typesOf(effects)).not.toContain('touch');
  });
});

describe('a lease', () => {
  it('that runs out ends the fault', () => {
    const { state } = play([...untilActive, [10_000, { type: 'tick' }]]);
    expect(only(state).life).toMatchObject({ phase: 'ending', cause: 'lease-expired' });
  });

  it('that is renewed until the full duration ends as completed', () => {
    const renewals = Array.from({ length: 17 }, (_, index): readonly [number, Command] => [
      3000 * (index + 1),
      { type: 'renew', faultId: 'fault-1', ttlMs: 10_000 },
    ]);
    const { state } = play([...untilActive, ...renewals, [60_000, { type: 'tick' }]]);
    expect(only(state).life).toMatchObject({ phase: 'ending', cause: 'completed' });
  });

  it('is not brought back by a late renewal', () => {
    const { last, state } = play([...untilActive, [10_000, { type: 'renew', faultId: 'fault-1', ttlMs: 10_000 }]]);
    expect(last.reply).toMatchObject({ type: 'refused', refusals: [{ reason: 'lease-expired' }] });
    expect(nextTickAtBootMs(state)).toBe(10_000);
  });

  it('is not extended by a second inject', () => {
    const facts = faultFacts({ faultId: 'fault-2', idempotencyKey: 'key-00000002' });
    const { state } = play([...untilActive, [9000, injectCommand({ facts })]]);
    expect(nextTickAtBootMs(state)).toBe(10_000);
  });
});

describe('an end', () => {
  it('keeps its first cause', () => {
    const { state } = play([
      ...untilActive,
      [10_000, { type: 'tick' }],
      [10_001, halt('h1')],
      [10_020, looked('restored')],
    ]);
    expect(only(state).life).toMatchObject({ phase: 'ended', receipt: { cause: 'lease-expired' } });
  });

  it('asks the holder first, and kills it when it does not go', () => {
    const asked = play([...untilActive, [10_000, { type: 'tick' }]]);
    expect(typesOf(asked.last.effects)).toContain('release-holder');
    const killed = play([[nextTickAtBootMs(asked.state)!, { type: 'tick' }]], asked.state);
    expect(typesOf(killed.last.effects)).toEqual(['kill-holder']);
  });

  it('is confirmed only by what was seen', () => {
    const { state, effects } = play([...untilActive, [10_000, { type: 'tick' }], [12_000, looked('still-held')]]);
    expect(only(state).life).toMatchObject({ phase: 'unresolved', receipt: { confirmed: false } });
    expect(typesOf(effects)).not.toContain('forget');
  });

  it('is not confirmed while the holder lives', () => {
    const { state } = play([...untilActive, [10_000, { type: 'tick' }], [12_000, looked('restored', false)]]);
    expect(only(state).life.phase).toBe('unresolved');
  });

  it('that is unresolved is looked at again until it is confirmed', () => {
    const unresolved = play([...untilActive, [10_000, { type: 'tick' }], [12_000, looked('still-held')]]).state;
    const again = play([[nextTickAtBootMs(unresolved)!, { type: 'tick' }]], unresolved);
    expect(typesOf(again.last.effects)).toEqual(['kill-holder', 'look']);
    const resolved = play([[14_000, looked('restored')]], again.state);
    expect(only(resolved.state).life).toMatchObject({ phase: 'ended', receipt: { confirmed: true, restoredMs: 4000 } });
  });

  it('of one target leaves the others held, and the last one ends the fault', () => {
    const targets = [100, 101].map((pid) => ({ ...faultFacts().targets[0]!, pid: pid as never }));
    const steps = [[0, injectCommand({ facts: faultFacts({ targets }) })] as const, ...untilActive.slice(1)];
    const restore = (index: number): Command => ({
      type: 'restore',
      faultIds: ['fault-1'],
      target: targets[index]!,
      cause: 'restored',
      detail: '',
      by: 'anna',
    });
    const one = play([...steps, [4, restore(0)]]);
    expect(only(one.state).life.phase).toBe('active');
    expect(one.last.effects).toContainEqual({ type: 'release-holder', faultId: 'fault-1', target: targets[0] });
    expect(only(play([[5, restore(0)]], one.state).state).life.phase).toBe('active');
    expect(only(play([[5, restore(1)]], one.state).state).life.phase).toBe('ending');

    // Asked again later, the first time counts; a holder that does not say it let go is ended with all that it holds.
    const again = play([[500, restore(0)]], one.state).state;
    expect(nextTickAtBootMs(again)).toBe(4 + targetReleaseMs);
    const silent = only(play([[4 + targetReleaseMs, { type: 'tick' }]], again).state);
    expect(silent.life).toMatchObject({
      phase: 'ending',
      cause: 'restored',
      detail: expect.stringContaining('did not let go'),
    });
    const said: Command = { type: 'target-released', faultId: 'fault-1', target: targets[0]! };
    const released = play(
      [
        [6, said],
        [4 + targetReleaseMs, { type: 'tick' }],
      ],
      again,
    ).state;
    expect(only(released).life.phase).toBe('active');
  });

  it('by a holder that gives up after the touch says that a limit was crossed', () => {
    const gaveUp: Command = { type: 'holder-failed', faultId: 'fault-1', detail: '200MiB left, 256MiB is the floor' };
    expect(only(play([...untilActive, [500, gaveUp]]).state).life).toMatchObject({ cause: 'limit-crossed' });
    const early = play([...untilActive.slice(0, 3), [500, gaveUp]]);
    expect(only(early.state).life).toMatchObject({ cause: 'inject-failed' });
  });

  it('by the death of the holder before its time says so', () => {
    const { state } = play([
      ...untilActive,
      [500, { type: 'holder-ended', faultId: 'fault-1', how: 'signal SIGKILL' }],
    ]);
    expect(only(state).life).toMatchObject({ cause: 'holder-died', detail: 'the holder ended: signal SIGKILL' });
  });
});

describe('a halt', () => {
  it('lets go before it writes anything', () => {
    const types = typesOf(play([...untilActive, [5, halt('h1')]]).last.effects);
    expect(types.indexOf('release-holder')).toBeLessThan(types.indexOf('write-latch'));
  });

  it('with an unseen id increments the epoch also when the host is halted already', () => {
    const { state } = play([
      [0, halt('h1')],
      [1, halt('h2')],
    ]);
    expect(state.latch).toMatchObject({ isHalted: true, epoch: 3 });
  });

  it('that is repeated is the same halt', () => {
    const { state } = play([
      [0, halt('h1')],
      [1, halt('h1')],
    ]);
    expect(state.latch.epoch).toBe(2);
  });

  it('delayed past a rearm latches again', () => {
    const rearm: Command = { type: 'rearm', expectedEpoch: 2, by: 'rita', reason: '' };
    const { state } = play([
      [0, halt('h1')],
      [1, rearm],
      [2, halt('h2')],
    ]);
    expect(state.latch).toMatchObject({ isHalted: true, epoch: 3 });
  });

  it('that is repeated after a rearm does not latch again, and does not say that it did', () => {
    const rearm: Command = { type: 'rearm', expectedEpoch: 2, by: 'rita', reason: '' };
    const { last, state } = play([
      [0, halt('h1')],
      [1, rearm],
      [2, halt('h1')],
    ]);
    expect(state.latch).toMatchObject({ isHalted: false, epoch: 2 });
    expect(last.effects).toContainEqual(
      expect.objectContaining({ entry: expect.objectContaining({ detail: expect.stringMatching(/stays armed/) }) }),
    );
  });

  it('beats a rearm that was meant for an earlier epoch', () => {
    const rearm: Command = { type: 'rearm', expectedEpoch: 2, by: 'rita', reason: '' };
    const { last, state } = play([
      [0, halt('h1')],
      [1, halt('h2')],
      [2, rearm],
    ]);
    expect(last.reply).toMatchObject({ type: 'refused', refusals: [{ reason: 'halt-epoch-changed' }] });
    expect(state.latch.isHalted).toBe(true);
  });

  it('refuses every inject, also at the right epoch', () => {
    const { last } = play([
      [0, halt('h1')],
      [1, injectCommand({ haltEpoch: 2 })],
    ]);
    expect(last.reply).toMatchObject({ type: 'refused', refusals: [{ reason: 'halted' }] });
  });
});

it('an unknown fault is answered, never thrown at', () => {
  const unknown: readonly Command[] = [
    { type: 'recorded', faultId: 'nobody' },
    { type: 'holder-ended', faultId: 'nobody', how: '' },
    { type: 'renew', faultId: 'nobody', ttlMs: 1 },
    { type: 'restore', faultIds: ['nobody'], cause: 'restored', detail: '', by: '' },
    { type: 'looked', faultId: 'nobody', look: { targets: [], isHolderGone: true, resourceBackMs: 0, atUnixMs: 0 } },
  ];
  for (const command of unknown) expect(decide(quietState, command, 0).state).toEqual(quietState);
});
