import { describe, expect, it } from 'vitest';
import { noRules, type ProgrammeRules } from '../../../../coordinator/core/programme-rules.ts';
import { type RunState, submittedRun } from '../../../../coordinator/core/run.ts';
import { evaluateGates, type Gate, type GateInput } from '../../../../coordinator/gates/gate.ts';
import { gates } from '../../../../coordinator/gates/index.ts';
import type { Receipt } from '../../../../proto/fault.ts';
import { canary, experiment, pause } from '../world.ts';

const dayMs = 86_400_000;

const host = { name: 'host-a', isConnected: true, labels: {}, stage: 'staging', isHalted: false, haltReason: '' };
const calm: GateInput = {
  experiment: experiment([[pause(1)]], { probes: [canary], preconditions: [{ probe: 'canary' }] }),
  runId: 'run-1',
  scopeDigest: 'sha256:scope',
  moment: 'start',
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
  programme: {
    rules: noRules,
    contentDigest: 'sha256:0123456789abcdef',
    passes: [],
    rehearsals: [],
    claims: [],
    nowUnixMs: 1_700_000_000_000,
    try: async () => ({ isGood: true, detail: 'answered 200' }),
    firstLine: async () => undefined,
  },
};

/** A calm world with a programme that asks this. */
const asking = (rules: Partial<ProgrammeRules>, more: Partial<GateInput['programme']> = {}): Partial<GateInput> => ({
  programme: { ...calm.programme, ...more, rules: { ...noRules, ...rules } },
});
const probe = { ...canary, name: 'recipe' };
const recipes = { 'pipeline-green': { kind: 'http', probe } } as const;

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
    [
      { experiment: { ...calm.experiment, stage: 'production-full' } },
      'approval: production-full needs approvals, and none are kept here',
    ],
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

  it.each<[string, Partial<GateInput>, string]>([
    [
      'another experiment has the zone',
      asking(
        {},
        { claims: [{ kind: 'zone', name: 'unknown (host-a)', isShared: false, runId: 'run-2', experiment: 'other' }] },
      ),
      'zones-and-services: zone unknown (host-a) is taken: run run-2 (other) has it, at most 1 experiment a zone',
    ],
    [
      'what it depends on is aimed at by another',
      {
        ...asking(
          {},
          { claims: [{ kind: 'service', name: 'db', isShared: false, runId: 'run-2', experiment: 'other' }] },
        ),
        experiment: { ...calm.experiment, dependsOn: ['db'] },
      },
      'zones-and-services: service db is taken: run run-2 (other) has it, at most 1 experiment a service',
    ],
    [
      'it aims at more services than it says, with those it depends on',
      {
        experiment: {
          ...calm.experiment,
          labels: { service: 'shop' },
          dependsOn: ['db'],
          blastRadius: { services: 1 },
        },
      },
      'blast-radius: 2 services (db, shop), at most 1 allowed by blastRadius.services',
    ],
    [
      'its hosts are in more regions',
      {
        experiment: { ...calm.experiment, blastRadius: { regions: 0 } },
      },
      'blast-radius: 1 region (unknown (host-a)), at most 0 allowed by blastRadius.regions',
    ],
    [
      'it has not passed the stage before',
      asking({ promotion: { withinMs: 86_400_000 } }),
      'promotion: 0 passes of sha256:0123456789ab in development within 1 day, at least 1 needed',
    ],
    [
      'the file does not say what a catalog entry says',
      asking({ metadataFrom: 'staging' }),
      'catalog-metadata: goal is missing, and staging needs it',
    ],
    [
      'a host is outside of what is approved',
      asking({ scope: [{ namespace: 'shop' }, { cluster: 'eu-1' }] }),
      'allowed-scope: host-a (no labels) is outside of what is approved: namespace=shop or cluster=eu-1',
    ],
    [
      'an incident is going on',
      asking({ liveIncident: { flag: '/etc/leash/INCIDENT', recipes: [] } }, { firstLine: async () => 'INC-42' }),
      'live-incident: an incident is going on: /etc/leash/INCIDENT is there (INC-42)',
    ],
    [
      'nobody is on call',
      asking({ onCall: { file: '/etc/leash/on-call' } }, { firstLine: async () => ' ' }),
      'on-call: nobody is on call: /etc/leash/on-call names no one',
    ],
    [
      'what is to be watched does not answer',
      { ask: async () => ({ atMs: 0, isGood: false, detail: 'connection refused' }) },
      'observability: canary does not answer: connection refused',
    ],
    [
      'the pipeline is not green',
      {
        ...asking({ recipes }, { try: async () => ({ isGood: false, detail: 'answered 500' }) }),
        experiment: { ...calm.experiment, recipes: ['pipeline-green'] },
      },
      'preconditions: pipeline-green: answered 500',
    ],
    [
      'a recipe is not known',
      { ...asking({ recipes }), experiment: { ...calm.experiment, recipes: ['backup'] } },
      'preconditions: the programme has no recipe backup (it has pipeline-green)',
    ],
    [
      'a flag cannot be looked at',
      asking(
        { liveIncident: { flag: '/etc/leash/INCIDENT', recipes: [] } },
        { firstLine: () => Promise.reject(new Error('EACCES')) },
      ),
      'live-incident: could not be evaluated: EACCES',
    ],
  ])('refuse when %s', async (_when, change, reason) => {
    expect((await refusals(change)).join('\n')).toContain(reason);
  });

  it('let two experiments depend on the same service, and neither aim at it', async () => {
    const held = { kind: 'service', name: 'db', isShared: true, runId: 'run-2', experiment: 'other' } as const;
    const depends = { ...calm.experiment, dependsOn: ['db'] };
    expect(await refusals({ ...asking({}, { claims: [held] }), experiment: depends })).toEqual([]);
    const aims = { ...calm.experiment, labels: { service: 'db' } };
    expect((await refusals({ ...asking({}, { claims: [held] }), experiment: aims })).join()).toContain(
      'service db is taken: run run-2 (other) depends on it',
    );
  });

  it('count a drill for as long as the programme says, and not a moment longer', async () => {
    const rule = { text: 'canary.errorRatio > 0.2', line: 7, forMs: 2000 };
    const production = { ...calm.experiment, stage: 'production-lite', abort: [rule] } as const;
    const endedAtUnixMs = calm.programme.nowUnixMs - 2 * dayMs;
    const receipt = { confirmed: true } as Receipt;
    const drill: RunState = {
      ...other('ended'),
      facts: { ...other('ended').facts, drill: { experiment: production.name, rule } },
      life: { phase: 'ended', end: { cause: 'abort-rule', detail: '' }, result: 'aborted', endedAtUnixMs },
      placements: other('ended').placements.map((each) => ({ ...each, life: { phase: 'ended', receipt } })),
    };
    const drilled = async (drillWithinMs: number, past: readonly RunState[]) =>
      (await refusals({ ...asking({ drillWithinMs }), experiment: production, pastRuns: async () => past })).filter(
        (refusal) => refusal.startsWith('drilled'),
      );
    expect(await drilled(2 * dayMs, [drill])).toEqual([]);
    expect(await drilled(2 * dayMs - 1, [drill])).toEqual([
      'drilled: the rule of line 7, "canary.errorRatio > 0.2", was last drilled 2 days ago, at most 2 days count',
    ]);
    expect(await drilled(dayMs, [])).toEqual([
      'drilled: the rule of line 7, "canary.errorRatio > 0.2", was never drilled',
    ]);
  });

  it('say what would have to change, each that refuses', async () => {
    const verdicts = await evaluateGates(gates, { ...calm, latch: { isHalted: true, reason: 'fire', by: 'bob' } });
    const [refused] = verdicts.filter((verdict) => !verdict.passed);
    expect(refused?.remedies?.join()).toContain('leash rearm');
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
