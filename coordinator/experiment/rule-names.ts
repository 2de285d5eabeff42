/**
 * The short names of a rule, written out: `errors` is `errors.value` where the probe has one main value, and `baseline`
 * alone is the baseline of the one value that it is compared with.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { RuleProblem } from './rule-problem.ts';
import type { NameEdit } from './rule-spelling.ts';

const comparisons = ['<', '<=', '>', '>=', '==', '!='];

/** @param mainFields by the name of the probe. @throws RuleProblem where `baseline` alone could mean two things. */
export function namesToComplete(
  ast: ASTNode,
  mainFields: ReadonlyMap<string, string | undefined>,
  problem: (message: string, offset: number) => RuleProblem,
): readonly NameEdit[] {
  const edits: NameEdit[] = [];

  /** A name as it is meant, or undefined for what is no name of a probe. */
  function complete(path: readonly string[]): string | undefined {
    const names = path[0] === 'baseline' ? path.slice(1) : path;
    const field = names.length === 1 ? mainFields.get(names[0] as string) : undefined;
    return field === undefined ? undefined : [...path, field].join('.');
  }

  function visit(node: ASTNode, compared: readonly string[]): void {
    const path = pathOf(node);
    if (path) {
      const meant = path.length === 1 && path[0] === 'baseline' ? baselineOf(node, compared) : complete(path);
      if (meant !== undefined) edits.push({ start: node.start, end: node.end, text: meant });
      return;
    }
    const within = comparisons.includes(node.op) ? valuesIn(node) : compared;
    for (const child of childrenOf(node)) visit(child, within);
  }

  function baselineOf(node: ASTNode, compared: readonly string[]): string | undefined {
    const [value, other] = [...new Set(compared)];
    if (other !== undefined) {
      const values = [...new Set(compared)].join(', ');
      throw problem(`baseline alone could be that of ${values}; write baseline.${value}`, node.start);
    }
    // What it is compared with is no value of a probe: the checker of references says what is missing.
    return value === undefined ? undefined : `baseline.${value}`;
  }

  function valuesIn(node: ASTNode): readonly string[] {
    const path = pathOf(node);
    if (path) return path[0] === 'baseline' ? [] : [complete(path) ?? path.join('.')];
    return childrenOf(node).flatMap(valuesIn);
  }

  visit(ast, []);
  return edits;
}

function pathOf(node: ASTNode): readonly string[] | undefined {
  if (node.op === 'id') return [node.args];
  if (node.op !== '.') return undefined;
  const inner = pathOf(node.args[0]);
  return inner && [...inner, node.args[1]];
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  const parts: readonly unknown[] = Array.isArray(node.args) ? node.args.flat() : [node.args];
  return parts.filter((part): part is ASTNode => typeof part === 'object' && part !== null && 'op' in part);
}
