/**
 * A drill of one abort rule: the experiment's own hosts and probes, a harmless hold in the place of its method, and, once
 * that hold is in force, made-up values for which the rule is breached. The hold, the abort and the receipts are real.
 */
import type { AbortRule, Experiment, FaultStep } from './experiment.ts';

/** What is fixed about a run that is a drill. */
export interface Drill {
  /** The name of the experiment whose rule it is. */
  readonly experiment: string;
  readonly rule: AbortRule;
}

/** How long the hold outlives the breach: a rule that does not fire within it has failed. */
const slackMs = 20_000;
/** The least that a host can be asked for: a hundredth of one processor, held as any other fault is. */
const harmlessHold = { fault: 'stress.cpu', parameters: { cores: 1, load: '1%' } } as const;

/** @returns what is run instead of the experiment; nothing of its method is in it. */
export function drillExperiment(experiment: Experiment, rule: AbortRule): Experiment {
  const { hosts } = experiment.targets;
  const hold: FaultStep = {
    kind: 'fault',
    number: 1,
    ...harmlessHold,
    durationMs: rule.forMs + slackMs,
    reselect: false,
    consentIrreversible: false,
    targets: { hosts },
    line: rule.line,
  };
  return {
    ...experiment,
    name: `${experiment.name}.drill`,
    hypothesis: `a breach of "${rule.text}" ends what is in force`,
    targets: { hosts },
    preconditions: [],
    steadyState: [],
    recoveryMs: 0,
    method: [{ steps: [hold] }],
    abort: [rule],
    detectors: [],
  };
}

/** A value of a probe, by "probe.field". */
export type MadeUpValues = ReadonlyMap<string, number>;

interface Reference {
  readonly probe: string;
  readonly field: string;
  readonly isBaseline: boolean;
}

type Evaluate = (observed: (reference: Reference) => { value: number; ageMs: number } | undefined) => {
  readonly kind: 'true' | 'false' | 'no-data';
};

/** From a wholly dead service to a flood, on both sides of nothing. */
const candidates = [0, 1, 1e9, 0.5, 100, -1, -1e9];
const attemptsMax = 20_000;

/**
 * Values for which the rule is true, found by trying: not by leaving values out, which breaches any rule.
 *
 * @param baseline of a value, as it was measured.
 * @returns undefined where none of those that were tried will do.
 */
export function valuesThatBreach(
  evaluate: Evaluate,
  baseline: (reference: Reference) => number | undefined,
): MadeUpValues | undefined {
  const observing = (values: MadeUpValues, missing?: (key: string) => void) => (reference: Reference) => {
    const key = `${reference.probe}.${reference.field}`;
    const value = reference.isBaseline ? baseline(reference) : values.get(key);
    if (value === undefined && !reference.isBaseline) missing?.(key);
    return value === undefined ? undefined : { value, ageMs: 0 };
  };
  const keys = new Set<string>();
  for (let known = -1; known < keys.size; ) {
    known = keys.size;
    evaluate(observing(new Map([...keys].map((key) => [key, 0])), (key) => keys.add(key)));
  }
  const attempts = Math.min(candidates.length ** keys.size, attemptsMax);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    let rest = attempt;
    const values = new Map<string, number>();
    for (const key of keys) {
      values.set(key, candidates[rest % candidates.length] as number);
      rest = Math.floor(rest / candidates.length);
    }
    if (evaluate(observing(values)).kind === 'true') return values;
  }
  return undefined;
}
