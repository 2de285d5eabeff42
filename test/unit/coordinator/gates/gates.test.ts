import { describe, expect, it } from 'vitest';
import { submittedRun } from '../../../../coordinator/core/run.ts';
import { evaluateGates, type Gate, type GateInput } from '../../../../coordinator/gates/gate.ts';
import { gates } from '../../../../coordinator/gates/index.ts';
import { canary, experiment, pause } from '../world.ts';

const host = { name: 'host-a', isConnected: true, labels: {}, stage: 'staging', isHalted: false, haltReason: '' };
const calm: GateInput = {
  experiment: experiment([[pause(1)]], { probes: [canary], preconditions: [{ probe: 'canary' }] }),
  runId: 'run-1',
  hosts: [host],
  fleetSize: 3,
  plans: [
    {
      host: 'host-a',
      stepNumber: 1,
      fault: 'process.pause',
      reselect: false,
      outcome: { kind: 'planned', targets: [], targetsDigest: 'd', haltEpoch: 1, refusals: [] },
    },
  ],
  selectionProblems: [],
  latch: { isHalted: false, reason: '', by: '' },
  runs: [],
  ask: async () => ({ atMs: 0, isGood: true, latencyMs: 12, detail: 'answered 200' }),
};

async function refusals(change: Partial<GateInput>): Promise<string[]> {
  const verdicts = await evaluateGates(gates, { ...calm, ...change });
  return verdicts.filter((verdict) => !verdict.passed).map(({ gate, message }) => `${gate}: ${message}`);
}

const other = (life: 'running' | 'ended') => {
  const facts = { runId: 'run-2', experiment: calm.experiment, scopeDigest: '', submittedBy: '', submittedAtUnixMs: 0 };
  const end = { cause: 'completed', detail: '' } as const;
  return {
    ...submittedRun(facts, { gates: [], targetsDigest: '' }),
    life:
      life === 'running'
        ? ({ phase: 'running', group: 0, activity: { name: 'planning' } } as const)
        : ({ phase: 'ended', end, result: 'unresolved', endedAtUnixMs: 0 } as const),
    placements: [
      {
        key: 'k',
        host: 'host-a',
        group: 0,
        stepNumber: 1,
        targets: [],
        targetsDigest: '',
        haltEpoch: 1,
        life: { phase: 'unconfirmed', faultId: 'f', sinceMs: 0 } as const,
      },
    ],
  };
};

describe('the gates', () => {
  it('let a calm world pass, each saying what it found', async () => {
    const verdicts = await evaluateGates(gates, calm);
    expect(verdicts.every((verdict) => verdict.passed && verdict.message !== '')).toBe(true);
    expect(verdicts.map((verdict) => verdict.gate)).toEqual(gates.map((gate) => gate.name));
  });

  it.each<[Partial<GateInput>, string]>([
    [{ latch: { isHalted: true, reason: 'fire', by: 'bob' } }, 'halted: the fleet is halted (fire, by bob)'],
    [{ hosts: [{ ...host, isHalted: true }] }, 'halted: host-a is halted'],
    [{ hosts: [{ ...host, isConnected: false, error: 'refused' }] }, 'hosts: host-a is not connected: refused'],
    [{ selectionProblems: ['20% of 4 hosts'] }, 'hosts: 20% of 4 hosts'],
    [{ hosts: [{ ...host, stage: 'production-lite' }] }, 'stage: host-a is production-lite by its own policy'],
    [{ experiment: { ...calm.experiment, stage: 'production-full' } }, 'stage: stage production-full needs approvals'],
    [{ experiment: { ...calm.experiment, blastRadius: { hosts: 0 } } }, 'blast-radius: 1 host, at most 0 allowed'],
    [{ runs: [other('running')] }, 'concurrency: host-a is taken by run run-2, at most 1 run a host'],
    [{ runs: [other('ended')] }, 'concurrency: host-a has not confirmed 1 faults of run run-2, at most 0 allowed'],
    [
      { ask: async () => ({ atMs: 0, isGood: false, detail: 'connection refused' }) },
      'preconditions: canary: connection refused',
    ],
  ])('refuse %#: each with its reason', async (change, reason) => {
    expect((await refusals(change)).join('\n')).toContain(reason);
  });

  it('tell what each host would refuse, and that a host could not plan', async () => {
    const [plan] = calm.plans;
    const refusal = { reason: 'too-many-targets', message: '4 targets, at most 2 allowed by processesMax' } as const;
    const outcome = { kind: 'planned', targets: [], targetsDigest: 'd', haltEpoch: 1, refusals: [refusal] } as const;
    const refusing = [{ ...(plan as NonNullable<typeof plan>), outcome }];
    expect(await refusals({ plans: refusing })).toEqual([
      'host-limits: host-a, step 1: 4 targets, at most 2 allowed by processesMax (too-many-targets)',
    ]);
    const failing = [
      { ...(plan as NonNullable<typeof plan>), outcome: { kind: 'failed', error: 'deadline' } as const },
    ];
    expect(await refusals({ plans: failing })).toEqual(['host-limits: host-a, step 1: could not plan: deadline']);
  });

  it('are all asked, and one that fails to answer has said no', async () => {
    const broken: Gate = {
      name: 'broken',
      when: 'start',
      evaluate: () => {
        throw new Error('no database');
      },
    };
    const verdicts = await evaluateGates([broken, ...gates], {
      ...calm,
      latch: { isHalted: true, reason: '', by: '' },
    });
    expect(verdicts.filter((verdict) => !verdict.passed).map((verdict) => verdict.gate)).toEqual(['broken', 'halted']);
    expect(verdicts[0]?.message).toBe('could not be evaluated: no database');
  });
});
