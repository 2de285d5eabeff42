import { describe, expect, it } from 'vitest';
import type { Burn } from '../../../../coordinator/core/error-budget.ts';
import { startBurnWatch } from '../../../../coordinator/engine/burn-watch.ts';
import type { ErrorBudgets } from '../../../../coordinator/engine/ports.ts';
import { parseSlos } from '../../../../coordinator/slo/openslo.ts';
import { createVirtualClock } from '../virtual-clock.ts';
import { experiment, pause } from '../world.ts';

describe('a run that burns the error budget', () => {
  async function watch(burnsOf: () => Promise<readonly Burn[]>, forMs: number, isInjecting = true): Promise<string[]> {
    const clock = createVirtualClock();
    const told: string[] = [];
    const errorBudgets = { burnsOf } as unknown as ErrorBudgets;
    const stop = startBurnWatch({
      clock,
      errorBudgets,
      experiment: experiment([[pause(1)]]),
      isInjecting: () => isInjecting,
      onBurn: (detail) => told.push(detail),
    });
    await clock.advance(forMs);
    stop();
    await clock.advance(60_000);
    return told;
  }
  const burn = (long: number, short: number) => async () => [{ slo: 'checkout', long, short, rateMax: 14.4 }];

  it('is aborted when it burns too fast over both windows', async () => {
    expect(await watch(burn(15.21, 16), 5000)).toEqual([
      'slo checkout burns 15.2 times as fast as its budget allows over the long window and 16.0 over the short one, at most 14.4 allowed',
    ]);
  });

  it('goes on when only one window says so, or nothing of ours is in force', async () => {
    expect(await watch(burn(15, 1), 60_000)).toEqual([]);
    expect(await watch(burn(1, 15), 60_000)).toEqual([]);
    expect(await watch(burn(99, 99), 60_000, false)).toEqual([]);
  });

  it('is aborted when nobody knows, after three tries', async () => {
    const lost = () => Promise.reject(new Error('connection refused'));
    expect(await watch(lost, 14_000)).toEqual([]);
    expect(await watch(lost, 15_000)).toEqual(['the error budget is not known: connection refused']);
    expect(await watch(burn(Number.NaN, Number.NaN), 5000)).toHaveLength(1);
  });
});

describe('an OpenSLO file', () => {
  const text = (more: string) => `apiVersion: openslo/v1
kind: SLO
metadata: { name: latency }
spec:
  service: shop
  indicatorRef: p95
  timeWindow: [ { duration: 4w, isRolling: true } ]
  budgetingMethod: Timeslices
  objectives: [ { ${more} } ]
`;
  const sli = {
    name: 'sli.yaml',
    text: `apiVersion: openslo/v1
kind: SLI
metadata: { name: p95 }
spec: { thresholdMetric: { metricSource: { type: Prometheus, spec: { query: p95_seconds } } } }
`,
  };

  it('may refer to an indicator in another file', () => {
    const slo = { name: 'slo.yaml', text: text('targetPercent: 99.5, op: lte, value: 0.5') };
    expect(parseSlos([slo, sli])).toEqual([
      {
        name: 'latency',
        service: 'shop',
        windowMs: 28 * 86_400_000,
        target: 0.995,
        indicator: { kind: 'threshold', query: 'p95_seconds', operator: '<=', bound: 0.5 },
      },
    ]);
  });

  it.each([
    ['target: 1, op: lte, value: 1', 'slo.yaml:9:27: spec.objectives.0.target'],
    ['target: 0.9', 'op and value go with a thresholdMetric'],
    ['op: lte, value: 1', 'target or targetPercent is required'],
  ])('says what is wrong: %s', (objective, message) => {
    expect(() => parseSlos([{ name: 'slo.yaml', text: text(objective) }, sli])).toThrow(message);
  });

  it('says which indicator is missing', () => {
    const slo = { name: 'slo.yaml', text: text('target: 0.9, op: lte, value: 1') };
    expect(() => parseSlos([slo])).toThrow('no SLI is called "p95"');
  });
});
