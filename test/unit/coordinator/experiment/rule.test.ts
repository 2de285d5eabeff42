import { describe, expect, test } from 'vitest';
import { compileRule, type Observed, RuleProblem } from '../../../../coordinator/experiment/rule.ts';

const probes = [
  {
    name: 'canary',
    everyMs: 1000,
    timeoutMs: 500,
    source: { kind: 'http', url: 'http://x/', method: 'GET', status: { min: 200, max: 299 }, windowMs: 10_000 },
  },
] as const;

function evaluate(text: string, values: Record<string, number | boolean | Observed>) {
  return compileRule(text, { probes, hasBaseline: true }).evaluate(({ key }) => {
    const found = values[key];
    return typeof found === 'object' || found === undefined ? found : { value: found, ageMs: 10 };
  });
}

function problemOf(text: string, hasBaseline = true): string {
  try {
    compileRule(text, { probes, hasBaseline });
  } catch (error) {
    if (error instanceof RuleProblem) return `${error.offset}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

describe('a rule', () => {
  test('multiplies whole numbers with measured ones', () => {
    const rule = 'canary.latencyMs > 2 * baseline.canary.latencyMs';
    expect(evaluate(rule, { 'canary.latencyMs': 50, 'baseline.canary.latencyMs': 20 })).toEqual({
      kind: 'true',
      trace: 'canary.latencyMs=50 > (2 * baseline.canary.latencyMs)=40',
    });
    expect(evaluate(rule, { 'canary.latencyMs': 40, 'baseline.canary.latencyMs': 20 }).kind).toBe('false');
  });

  test('accepts and, or, not beside the signs of CEL', () => {
    const values = { 'canary.up': true, 'canary.errorRatio': 0.31 };
    expect(evaluate('not canary.up or canary.errorRatio > 0.2 and true', values)).toEqual({
      kind: 'true',
      trace: 'not canary.up=true or canary.errorRatio=0.31 > 0.2 and true',
    });
    expect(evaluate('!canary.up || canary.errorRatio > 0.4', values).kind).toBe('false');
  });

  test('says what it refers to', () => {
    const { references } = compileRule('canary.latencyMs > baseline.canary.latencyP95Ms', {
      probes,
      hasBaseline: true,
    });
    expect(references).toEqual([
      { key: 'canary.latencyMs', probe: 'canary', field: 'latencyMs', isBaseline: false },
      { key: 'baseline.canary.latencyP95Ms', probe: 'canary', field: 'latencyP95Ms', isBaseline: true },
    ]);
  });
});

describe('a rule fails closed', () => {
  const rule = 'canary.latencyMs > 100';

  test.each([
    ['a missing value', {}, 'no data: canary.latencyMs has no value'],
    ['NaN', { 'canary.latencyMs': Number.NaN }, 'no data: canary.latencyMs is NaN'],
    ['infinity', { 'canary.latencyMs': Number.POSITIVE_INFINITY }, 'no data: canary.latencyMs is Infinity'],
    [
      'an old value',
      { 'canary.latencyMs': { value: 1, ageMs: 3501 } },
      'no data: canary.latencyMs is 3501 ms old, at most 3500 ms count as fresh',
    ],
    [
      'an age that is not known',
      { 'canary.latencyMs': { value: 1, ageMs: Number.NaN } },
      'no data: canary.latencyMs is NaN ms old, at most 3500 ms count as fresh',
    ],
  ])('on %s', (_what, values, trace) => {
    expect(evaluate(rule, values)).toEqual({ kind: 'no-data', trace });
  });

  test('on a value that the logic would not have needed', () => {
    expect(evaluate('canary.up or canary.latencyMs > 1', { 'canary.up': true }).kind).toBe('no-data');
  });

  test('on a division by a baseline of zero', () => {
    const values = { 'canary.latencyMs': 0, 'baseline.canary.latencyMs': 0 };
    expect(evaluate('canary.latencyMs / baseline.canary.latencyMs > 2', values).kind).toBe('no-data');
  });

  test('but a baseline does not age', () => {
    const values = { 'canary.latencyMs': 1, 'baseline.canary.latencyMs': { value: 1, ageMs: 1e9 } };
    expect(evaluate('canary.latencyMs > baseline.canary.latencyMs', values).kind).toBe('false');
  });
});

describe('a rule is refused when it is read', () => {
  test.each([
    ['canery.latencyMs > 1', '0: no probe is named "canery" (the file has canary); did you mean "canary"?'],
    [
      '1 < canary.latency',
      '4: probe canary has no field "latency" (up, latencyMs, latencyP50Ms, latencyP95Ms, latencyP99Ms, errorRatio)',
    ],
    ['canary.latencyMs + 1', '0: a rule must be true or false, and this is a double'],
    ['not canary.latencyMs > 1', '0: no such overload: !double'],
    ['canary.latencyMs and true', '0: '],
    ['canary', '0: probe canary needs a field'],
    ['baseline > 1', '0: baseline needs a probe and a field'],
    ['"a" == "b"', '0: only numbers, true and false are allowed in a rule'],
    ['[1,2].exists(x, x > 1)', 'is not allowed in a rule'],
    ['canary["up"]', '"[]" is not allowed in a rule'],
    ['canary.up and', 'unexpected token: EOF'],
    ['canary.latencyMs > 3u', 'only numbers, true and false'],
    ['canary.latencyMs % 2 == 0', '"%" is not allowed'],
    [`${'('.repeat(400)}canary.up${')'.repeat(400)}`, ''],
    [`${'!'.repeat(900)}canary.up`, ''],
    ['x'.repeat(1001), '0: the rule has 1001 characters, at most 1000 are allowed'],
    ['__proto__.up', 'reserved identifier: __proto__'],
    ['canary.constructor == 1', 'has no field "constructor"'],
  ])('%s', (text, message) => {
    expect(problemOf(text)).toContain(message);
    expect(problemOf(text)).not.toBe('accepted');
  });

  test('when it needs a baseline that is not taken', () => {
    expect(problemOf('canary.latencyMs > baseline.canary.latencyMs', false)).toContain(
      '19: baseline.* needs a baseline',
    );
  });
});
