/**
 * Rules over probes, in CEL. The library parses and checks types; the evaluation is here, because a rule must fail
 * closed: NaN compares false, so each value, and each step of arithmetic, is looked at before it is compared.
 */
import { type ASTNode, Environment, ParseError, type TypeError as RuleTypeError } from '@marcbachmann/cel-js';
import { suggestion } from '../../proto/near-miss.ts';
import type { Probe } from '../core/experiment.ts';
import { staleAfterMs } from '../core/probe-window.ts';
import { mainFieldOf, probeFields } from '../probes/kinds.ts';
import { evaluateRule, type Observed, type Reference, type RuleVerdict } from './rule-evaluation.ts';
import { namesToComplete } from './rule-names.ts';
import { RuleProblem } from './rule-problem.ts';
import { type SpelledRule, spellRule, withNames } from './rule-spelling.ts';

export type { Observed, Reference, RuleVerdict } from './rule-evaluation.ts';
export { RuleProblem } from './rule-problem.ts';

export interface CompiledRule {
  readonly text: string;
  readonly references: readonly Reference[];
  /** `no-data` when any value is missing, too old or not finite; it counts as a breach. Never throws. */
  evaluate(observed: (reference: Reference) => Observed | undefined): RuleVerdict;
}

export interface RuleScope {
  readonly probes: readonly Pick<Probe, 'name' | 'everyMs' | 'timeoutMs' | 'source'>[];
  /** Whether a baseline is taken; without one, `baseline.*` is refused. */
  readonly hasBaseline: boolean;
}

export const ruleLengthMax = 1000;

/** @throws RuleProblem */
export function compileRule(text: string, scope: RuleScope): CompiledRule {
  if (text.length > ruleLengthMax) {
    throw new RuleProblem(`the rule has ${text.length} characters, at most ${ruleLengthMax} are allowed`, 0);
  }
  const asWritten = spellRule(text);
  const problemAt =
    ({ originOf }: SpelledRule): Problem =>
    (message, offset) =>
      new RuleProblem(message, originOf(offset));
  const first = parse(asWritten.cel, scope, problemAt(asWritten));
  const spelled = withNames(asWritten, namesToComplete(first.ast, mainFields(scope), problemAt(asWritten)));
  const { cel, originOf } = spelled;
  const problem = problemAt(spelled);
  const parsed = spelled === asWritten ? first : parse(cel, scope, problem);
  const references = new Map<string, Reference>();
  collect(parsed.ast, scope, references, problem);
  const checked = parsed.check();
  if (checked.error) throw problem(explained(checked.error), checked.error.range?.start ?? 0);
  if (checked.type !== 'bool') throw problem(`a rule must be true or false, and this is a ${checked.type}`, 0);
  const staleMs = new Map(scope.probes.map((probe) => [probe.name, staleAfterMs(probe)]));
  const sourceOf = (node: ASTNode): string => text.slice(originOf(node.start), originOf(node.end - 1) + 1);
  return {
    text,
    references: [...references.values()],
    evaluate: (observed) => evaluateRule(parsed.ast, { references, staleMs, observed, sourceOf }),
  };
}

type Problem = (message: string, offset: number) => RuleProblem;

/** Which field the bare name of each probe means; none for most. */
function mainFields({ probes }: RuleScope): ReadonlyMap<string, string | undefined> {
  return new Map(probes.map((probe) => [probe.name, mainFieldOf(probe.source.kind)]));
}

function parse(cel: string, scope: RuleScope, problem: Problem): ReturnType<Environment['parse']> {
  const environment = new Environment({ limits: { maxAstNodes: 200, maxDepth: 24 } });
  const fields = Object.fromEntries(scope.probes.map((probe) => [probe.name, { ...probeFields(probe.source.kind) }]));
  for (const [name, schema] of Object.entries(fields)) environment.registerVariable({ name, schema });
  if (scope.hasBaseline) environment.registerVariable({ name: 'baseline', schema: fields });
  try {
    return environment.parse(cel);
  } catch (error) {
    if (error instanceof ParseError) throw problem(explained(error), error.range?.start ?? 0);
    throw error;
  }
}

const operators = ['||', '&&', '?:', '<', '<=', '>', '>=', '==', '!=', '+', '-', '*', '/', '!_', '-_'];

/** Only arithmetic, comparison and logic: no calls, so no `matches` (backtracking) and no loops. */
function collect(node: ASTNode, scope: RuleScope, references: Map<string, Reference>, problem: Problem): void {
  if (node.op === 'value') {
    if (typeof node.args !== 'number' && typeof node.args !== 'boolean') {
      throw problem('only numbers, true and false are allowed in a rule', node.start);
    }
    return;
  }
  if (node.op === '.' || node.op === 'id') {
    const reference = referenceOf(node, scope, problem);
    references.set(reference.key, reference);
    return;
  }
  if (!operators.includes(node.op)) throw problem(notAllowed(node), node.start);
  for (const child of [node.args].flat() as ASTNode[]) collect(child, scope, references, problem);
}

function notAllowed(node: ASTNode): string {
  const name = node.op === 'call' || node.op === 'rcall' ? `${String((node.args as unknown[])[0])}()` : `"${node.op}"`;
  return `${name} is not allowed in a rule; it may compare and combine values of probes (+ - * / < > == and or not)`;
}

function referenceOf(node: ASTNode, scope: RuleScope, problem: Problem): Reference {
  const names = namesOf(node, problem);
  const isBaseline = names[0] === 'baseline';
  const [probeName = '', field = '', ...more] = isBaseline ? names.slice(1) : names;
  if (isBaseline && !scope.hasBaseline) {
    throw problem('baseline.* needs a baseline: set "baseline: 60s" in the file', node.start);
  }
  const known = scope.probes.map((probe) => probe.name);
  const probe = scope.probes.find((candidate) => candidate.name === probeName);
  if (!probe) {
    const list = known.length === 0 ? 'the file has none' : `the file has ${known.join(', ')}`;
    const missing = probeName === '' ? 'baseline needs a probe and a field' : `no probe is named "${probeName}"`;
    throw problem(`${missing} (${list})${suggestion(probeName, known)}`, node.start);
  }
  const fields = Object.keys(probeFields(probe.source.kind));
  if (!fields.includes(field) || more.length > 0) {
    const wrong = field === '' ? `needs a field` : `has no field "${[field, ...more].join('.')}"`;
    throw problem(`probe ${probeName} ${wrong} (${fields.join(', ')})${suggestion(field, fields)}`, node.start);
  }
  return { key: names.join('.'), probe: probeName, field, isBaseline };
}

function namesOf(node: ASTNode, problem: Problem): readonly string[] {
  if (node.op === 'id') return [node.args as string];
  if (node.op !== '.') throw problem(notAllowed(node), node.start);
  const [inner, name] = node.args as [ASTNode, string];
  return [...namesOf(inner, problem), name];
}

function explained(error: ParseError | RuleTypeError): string {
  const [summary = error.message] = (error.summary || error.message).split('\n');
  const words = summary.replaceAll('&&', 'and').replaceAll('||', 'or');
  return `${words.charAt(0).toLowerCase()}${words.slice(1)}`;
}
