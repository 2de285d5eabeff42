import { describe, expect, it, test } from 'vitest';
import { drillExperiment, valuesThatBreach } from '../../../../coordinator/core/drill.ts';
import { drillPassed } from '../../../../coordinator/core/drill-result.ts';
import type { AbortRule } from '../../../../coordinator/core/experiment.ts';
import { submittedRun } from '../../../../coordinator/core/run.ts';
import { compileRule } from '../../../../coordinator/experiment/rule.ts';
import { drilled } from '../../../../coordinator/gates/drilled.ts';
import type { GateInput } from '../../../../coordinator/gates/gate.ts';
import { canary, experiment, pause } from '../world.ts';

const rule: AbortRule = { text: 'canary.errorRatio > 0.5', forMs: 2000, line: 7 };

describe('values that breach a rule', () => {
  const valuesOf = (text: string) =>
    valuesThatBreach(compileRule(text, { probes: [canary], hasBaseline: true }).evaluate, () => 10);

  test.each([
    'canary.errorRatio > 0.5',
    'canary.latencyP95Ms > 3 * baseline.canary.latencyP95Ms and not canary.up',
    'canary.latencyMs < 1',
    'canary.latencyMs > 1 and canary.latencyP50Ms > 1 and canary.errorRatio == 1',
  ])('are found for %s', (text) => {
    const values = valuesOf(text) ?? new Map();
    const verdict = compileRule(text, { probes: [canary], hasBaseline: true }).evaluate(
      ({ probe, field, isBaseline }) => ({
        value: isBaseline ? 10 : (values.get(`${probe}.${field}`) as number),
        ageMs: 0,
      }),
    );
    expect(verdict.kind).toBe('true');
  });

  test('are not found for a rule that cannot be true', () => {
    expect(valuesOf('canary.errorRatio > 0.5 and canary.errorRatio < 0.1')).toBeUndefined();
  });
});

describe('the gate of drills', () => {
  const production = experiment([[pause(1)]], { stage: 'production-lite', abort: [rule] });
  const drillOf = (change: Partial<AbortRule>, isConfirmed = true) => {
    const drill = { experiment: 'test', rule: { ...rule, ...change } };
    const receipt = { confirmed: isConfirmed } as never;
    const facts = {
      runId: 'r',
      experiment: drillExperiment(production, drill.rule),
      scopeDigest: '',
      submittedBy: '',
      submittedAtUnixMs: 0,
      drill,
    };
    return {
      ...submittedRun(facts, { gates: [], targetsDigest: '' }),
      life: { phase: 'ended', end: { cause: 'abort-rule', detail: '' }, result: 'aborted', endedAtUnixMs: 0 },
      placements: [{ life: { phase: 'ended', receipt } } as never],
    } as const;
  };
  const programme = { rules: {}, nowUnixMs: 0 };
  const ask = async (runs: readonly ReturnType<typeof drillOf>[]) =>
    (await drilled.evaluate({ experiment: production, pastRuns: async () => runs, programme } as unknown as GateInput))
      .refusals;

  it('refuses production without a drill of just these rules', async () => {
    expect(await ask([])).toEqual(['the rule of line 7, "canary.errorRatio > 0.5", was never drilled']);
    expect(await ask([drillOf({ forMs: 1999 })])).toHaveLength(1);
    expect(await ask([drillOf({}, false)])).toHaveLength(1);
    expect(await ask([drillOf({ line: 70 })])).toEqual([]);
  });

  it('lets nothing of the method into a drill', () => {
    const { method, abort, steadyState } = drillExperiment(production, rule);
    expect(method[0]?.steps).toMatchObject([{ fault: 'stress.cpu', parameters: { load: '1%' }, durationMs: 22_000 }]);
    expect([abort, steadyState]).toEqual([[rule], []]);
    expect(drillPassed(drillOf({}))).toBe(true);
  });
});
