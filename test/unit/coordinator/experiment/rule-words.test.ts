import { describe, expect, test } from 'vitest';
import type { ProbeSource } from '../../../../coordinator/core/experiment.ts';
import { FileProblems } from '../../../../coordinator/experiment/file-problem.ts';
import { loadExperiment } from '../../../../coordinator/experiment/load-experiment.ts';
import { compileRule, type RuleProblem } from '../../../../coordinator/experiment/rule.ts';
import { splitRule } from '../../../../coordinator/experiment/rule-durations.ts';
import { changed } from './written.ts';

const source: ProbeSource = { kind: 'prometheus', query: 'x', windowMs: 10_000 };
const probes = ['error_rate_5xx', 'p95_latency'].map((name) => ({ name, everyMs: 1000, timeoutMs: 500, source }));

function evaluate(text: string, values: Record<string, number>) {
  return compileRule(text, { probes, hasBaseline: true }).evaluate(({ key }) => {
    const value = values[key];
    return value === undefined ? undefined : { value, ageMs: 0 };
  });
}

describe('a rule with short names', () => {
  const values = {
    'error_rate_5xx.value': 31,
    'baseline.error_rate_5xx.value': 12,
    'p95_latency.value': 100,
    'baseline.p95_latency.value': 80,
  };

  test.each([
    ['error_rate_5xx > baseline*2', 'true', 'error_rate_5xx=31 > (baseline*2)=24'],
    ['error_rate_5xx > 2 * baseline.error_rate_5xx', 'true', 'error_rate_5xx=31 > (2 * baseline.error_rate_5xx)=24'],
    ['p95_latency > baseline*1.3', 'false', 'p95_latency=100 > (baseline*1.3)=104'],
    ['error_rate_5xx.value > 30 and p95_latency < 2 * baseline', 'true', ''],
    ['baseline * 2 < error_rate_5xx or p95_latency > baseline', 'true', ''],
  ])('%s', (text, kind, trace) => {
    const verdict = evaluate(text, values);
    expect(verdict.kind).toBe(kind);
    expect(verdict.trace).toContain(trace);
  });

  test('is refused where baseline could be that of two values', () => {
    expect(() => evaluate('error_rate_5xx + p95_latency > baseline', values)).toThrow(
      'baseline alone could be that of error_rate_5xx.value, p95_latency.value',
    );
  });

  test('points at the text as it was written', () => {
    try {
      compileRule('error_rate_5xx > 1 and p95_latncy > 2', { probes, hasBaseline: true });
      expect.unreachable();
    } catch (error) {
      expect((error as RuleProblem).offset).toBe(23);
    }
  });
});

describe('the words of a rule that say how long', () => {
  test.each([
    [
      '(error_rate_5xx > baseline*2 for 2 minutes) or (p95_latency > baseline*1.3)',
      [
        { text: 'error_rate_5xx > baseline*2', offset: 1, forMs: 120_000 },
        { text: 'p95_latency > baseline*1.3', offset: 48 },
      ],
    ],
    [
      'a > 1 for 90s or b > 2 for 1m30s',
      [
        { text: 'a > 1', offset: 0, forMs: 90_000 },
        { text: 'b > 2', offset: 17, forMs: 90_000 },
      ],
    ],
    ['(a > 1 or b > 2) for 1 second', [{ text: '(a > 1 or b > 2)', offset: 0, forMs: 1000 }]],
    [
      '((a > 1 for 1 hour) || b > 2) or c > 3',
      [
        { text: 'a > 1', offset: 2, forMs: 3_600_000 },
        { text: 'b > 2', offset: 23 },
        { text: 'c > 3', offset: 33 },
      ],
    ],
    ['a > 1 or b > 2', [{ text: 'a > 1 or b > 2', offset: 0 }]],
  ])('%s', (text, parts) => {
    expect(splitRule(text)).toEqual(parts);
  });

  test.each([
    ['(a > 1 for 2 minutes) and b > 2', '"for" may only end an alternative of "or"'],
    ['not (a > 1 for 2 minutes)', '"for" may only end an alternative of "or"'],
    ['a > 1 for 2 fortnights', '"2 fortnights" is no duration'],
    ['a > 1 for', '"for" needs a duration'],
    ['for 2 minutes', '"for" needs a condition'],
    ['a > 1 for 2 minutes and b > 1', 'is no duration'],
    ['a > 1 for 0s', 'is no duration'],
    ['a > 1 for 1s or', 'an alternative of "or" is missing'],
  ])('%s is refused', (text, message) => {
    expect(() => splitRule(text)).toThrow(message);
  });
});

describe('an abort rule of a file', () => {
  const seed = '"(error_rate_5xx > baseline*2 for 2 minutes) or (p95_latency > baseline*1.3)"';
  const withProbes = (rule: string) =>
    changed(/ {2}- \{ when: canary.*\n/, `  - ${rule}\n`).replace(
      'probes:\n',
      'probes:\n  error_rate_5xx: { prometheus: { query: errors } }\n  p95_latency: { prometheus: { query: latency } }\n',
    );

  test('may be written as it reads', () => {
    const { abort } = loadExperiment('e.yaml', withProbes(`{ when: ${seed} }`));
    expect(abort).toEqual([
      { text: 'error_rate_5xx > baseline*2', forMs: 120_000, line: 25 },
      { text: 'p95_latency > baseline*1.3', forMs: 0, line: 25 },
    ]);
  });

  test.each([
    [`{ when: ${seed.replace('2 minutes', '20 minutes')} }`, 'can never fire: it must hold for 20m of a run of 2m50s'],
    [`{ when: ${seed}, for: 1m }`, 'the rule says for itself how long it must last; give it once'],
    [`{ when: ${seed.replace('p95_latency', 'p95_latncy')} }`, 'no probe is named "p95_latncy"'],
  ])('is refused: %s', (rule, message) => {
    expect(() => loadExperiment('e.yaml', withProbes(rule))).toThrow(FileProblems);
    expect(() => loadExperiment('e.yaml', withProbes(rule))).toThrow(message);
  });

  test('that outlasts the method may be watched afterwards', () => {
    const rule = '{ when: "p95_latency > 1 for 3 minutes", afterwards: true, clear: 5s }';
    expect(loadExperiment('e.yaml', withProbes(rule)).abort).toEqual([
      { text: 'p95_latency > 1', forMs: 180_000, line: 25, clearMs: 5000, afterwards: true },
    ]);
  });
});
