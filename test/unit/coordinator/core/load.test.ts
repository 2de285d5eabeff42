import { describe, expect, it } from 'vitest';
import { afterRestart } from '../../../../coordinator/core/after-restart.ts';
import { decideRun } from '../../../../coordinator/core/decide-run.ts';
import type { LoadStep } from '../../../../coordinator/core/experiment.ts';
import { nothingDriven } from '../../../../coordinator/core/load-outcome.ts';
import { type RunState, submittedRun } from '../../../../coordinator/core/run.ts';
import type { RunInput } from '../../../../coordinator/core/run-decision.ts';
import { experiment } from '../world.ts';

const step: LoadStep = {
  kind: 'load',
  number: 1,
  durationMs: 5000,
  url: 'http://127.0.0.1:8080/',
  traffic: { kind: 'steady', requestsPerSecond: 10 },
  connectionsMax: 2,
  line: 3,
};
const facts = {
  runId: 'run-1',
  experiment: experiment([[step]]),
  scopeDigest: '',
  submittedBy: 'alice',
  submittedAtUnixMs: 0,
};

function play(state: RunState, atMs: number, ...inputs: readonly RunInput[]) {
  const effects = inputs.flatMap((input) => {
    const decision = decideRun(state, input, { bootMs: atMs, unixMs: atMs });
    state = decision.state;
    return decision.effects;
  });
  return { state, effects };
}

const outcome = { ...nothingDriven, requests: 50 };
const driving = () =>
  play(
    submittedRun(facts, { gates: [], targetsDigest: 'd' }),
    1000,
    { type: 'start', by: 'alice', gates: [] },
    { type: 'planned', placements: [], targetsDigest: 'd' },
  );

describe('a load of a run', () => {
  it('begins with its group, and the group lasts until it is over and counted', () => {
    const { state, effects } = driving();
    expect(effects).toContainEqual({ type: 'drive-load', step });
    const waiting = play(state, 6000, { type: 'tick' }).state;
    expect(waiting.life).toMatchObject({ phase: 'running', activity: { name: 'holding' } });
    const over = play(waiting, 6100, { type: 'load-ended', stepNumber: 1, outcome }, { type: 'judged' }).state;
    expect(over).toMatchObject({ loads: [{ stepNumber: 1, outcome }], life: { phase: 'ended' } });
  });

  it('is stopped when its run ends, which is over once it is counted', () => {
    const aborted = play(driving().state, 2000, { type: 'end', end: { cause: 'aborted-by-person', detail: '' } });
    expect(aborted.effects).toContainEqual({ type: 'stop-loads' });
    expect(aborted.state.life.phase).toBe('ending');
    const over = play(aborted.state, 2100, { type: 'load-ended', stepNumber: 1, outcome }).state;
    expect(over.life).toMatchObject({ phase: 'ended', result: 'aborted' });
  });

  it('that never says what it saw does not keep its run from ending', () => {
    const aborted = play(driving().state, 2000, { type: 'end', end: { cause: 'halted', detail: '' } }).state;
    expect(play(aborted, 60_000, { type: 'tick' }).state.life.phase).toBe('ended');
  });

  it('that fails ends its run: it is no longer what was planned', () => {
    const failed = { ...nothingDriven, error: 'ended by SIGKILL' };
    const { state } = play(driving().state, 2000, { type: 'load-ended', stepNumber: 1, outcome: failed });
    expect(state.life).toMatchObject({ end: { cause: 'load-failed', detail: 'step 1: ended by SIGKILL' } });
  });

  it('is counted once, whatever is said later', () => {
    const once = play(driving().state, 2000, { type: 'load-ended', stepNumber: 1, outcome }).state;
    const again = play(once, 2100, { type: 'load-ended', stepNumber: 1, outcome: nothingDriven }).state;
    expect(again.loads).toEqual([{ stepNumber: 1, startedAtUnixMs: 1000, outcome }]);
  });

  it('ended with the coordinator that drove it', () => {
    expect(afterRestart(driving().state, 0).loads?.[0]?.outcome?.error).toContain('ended with the coordinator');
  });
});
