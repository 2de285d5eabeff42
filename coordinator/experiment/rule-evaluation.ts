/** What a rule says of the values of an instant, and how it came to say so. */
import type { ASTNode } from '@marcbachmann/cel-js';

/** One value that a rule looks at. */
export interface Reference {
  /** As rules write it: "canary.latencyMs", "baseline.canary.latencyMs". */
  readonly key: string;
  readonly probe: string;
  readonly field: string;
  readonly isBaseline: boolean;
}

/** A value and its age. Baseline values do not age. */
export interface Observed {
  readonly value: number | boolean;
  readonly ageMs: number;
}

export interface RuleVerdict {
  readonly kind: 'true' | 'false' | 'no-data';
  /** "canary.errorRatio=0.31 > 0.2", or for `no-data` what is missing. */
  readonly trace: string;
}

export interface Evaluation {
  readonly references: ReadonlyMap<string, Reference>;
  readonly staleMs: ReadonlyMap<string, number>;
  readonly observed: (reference: Reference) => Observed | undefined;
  /** The rule's text for a part of it, as written. */
  readonly sourceOf: (node: ASTNode) => string;
}

type Value = number | boolean;

/** A part of a rule with what it came to. */
interface Traced {
  readonly value: Value;
  readonly trace: string;
}

class NoData extends Error {}

/** All references are checked first, also those that the logic would not have needed: less data is never better news. */
export function evaluateRule(ast: ASTNode, evaluation: Evaluation): RuleVerdict {
  try {
    const values = new Map([...evaluation.references].map(([key, each]) => [key, freshValue(each, evaluation)]));
    const { value, trace } = evaluate(ast, values, evaluation);
    return { kind: value === true ? 'true' : 'false', trace };
  } catch (error) {
    if (error instanceof NoData) return { kind: 'no-data', trace: `no data: ${error.message}` };
    throw error;
  }
}

function freshValue(reference: Reference, { observed, staleMs }: Evaluation): Value {
  const found = observed(reference);
  if (found === undefined) throw new NoData(`${reference.key} has no value`);
  const bound = staleMs.get(reference.probe) ?? 0;
  // Written so that an age of NaN counts as stale too.
  if (!reference.isBaseline && !(found.ageMs <= bound)) {
    throw new NoData(`${reference.key} is ${Math.round(found.ageMs)} ms old, at most ${bound} ms count as fresh`);
  }
  if (typeof found.value === 'number' && !Number.isFinite(found.value)) {
    throw new NoData(`${reference.key} is ${found.value}`);
  }
  return reference.field === 'up' ? Boolean(found.value) : found.value;
}

function evaluate(node: ASTNode, values: ReadonlyMap<string, Value>, evaluation: Evaluation): Traced {
  const part = (child: ASTNode): Traced => evaluate(child, values, evaluation);
  switch (node.op) {
    case 'value':
      return { value: node.args as Value, trace: evaluation.sourceOf(node) };
    case 'id':
    case '.': {
      const value = values.get(keyOf(node)) as Value;
      return { value, trace: `${evaluation.sourceOf(node)}=${rounded(value)}` };
    }
    case '!_': {
      const inner = part(node.args as ASTNode);
      return { value: !inner.value, trace: `not ${inner.trace}` };
    }
    case '-_': {
      const inner = part(node.args as ASTNode);
      return { value: -(inner.value as number), trace: `-${inner.trace}` };
    }
    case '?:': {
      const [condition, yes, no] = (node.args as ASTNode[]).map(part) as [Traced, Traced, Traced];
      return { value: (condition.value ? yes : no).value, trace: `${condition.trace} ? ${yes.trace} : ${no.trace}` };
    }
    default: {
      const [left, right] = (node.args as ASTNode[]).map(part) as [Traced, Traced];
      return binary(node, left, right, evaluation);
    }
  }
}

/** Both sides were evaluated already: without side effects, logic that skips one would only hide missing data. */
function binary(node: ASTNode, left: Traced, right: Traced, evaluation: Evaluation): Traced {
  const [a, b] = [left.value as number, right.value as number];
  const compared = (value: boolean): Traced => ({ value, trace: `${left.trace} ${node.op} ${right.trace}` });
  const computed = (value: number): Traced => {
    if (!Number.isFinite(value)) throw new NoData(`${evaluation.sourceOf(node)} is ${value}`);
    return { value, trace: `(${evaluation.sourceOf(node)})=${rounded(value)}` };
  };
  switch (node.op) {
    case '&&':
      return { value: Boolean(a) && Boolean(b), trace: `${left.trace} and ${right.trace}` };
    case '||':
      return { value: Boolean(a) || Boolean(b), trace: `${left.trace} or ${right.trace}` };
    case '<':
      return compared(a < b);
    case '<=':
      return compared(a <= b);
    case '>':
      return compared(a > b);
    case '>=':
      return compared(a >= b);
    case '==':
      return compared(a === b);
    case '!=':
      return compared(a !== b);
    case '+':
      return computed(a + b);
    case '-':
      return computed(a - b);
    case '*':
      return computed(a * b);
    case '/':
      return computed(a / b);
    default:
      throw new NoData(`${node.op} cannot be evaluated`);
  }
}

function keyOf(node: ASTNode): string {
  if (node.op === 'id') return node.args as string;
  const [inner, name] = node.args as [ASTNode, string];
  return `${keyOf(inner)}.${name}`;
}

function rounded(value: Value): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value);
}
