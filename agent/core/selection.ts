/** Which processes a selector matches, and why each one did. Pure; a zombie never matches, since it is gone already. */
import type { Selector } from '../../proto/selector.ts';
import type { CompilePattern } from './argument-pattern.ts';
import { type Condition, conditionsOf, unreadable } from './condition.ts';
import { descendingFrom, havingParent } from './family.ts';
import { type Findings, noFindings } from './inquiry.ts';
import { type Match, type Narrow, unexplained, type World } from './match.ts';
import type { ProcessFacts, ProcessTable } from './process.ts';

/** A selector whose patterns are compiled. */
export interface Matcher {
  /**
   * Keeps the candidates that match, in their order. Each step is about one process and one condition, so that a caller
   * can pause between steps: a slow pattern over a large host takes seconds.
   */
  narrow(candidates: Iterable<ProcessFacts>, world: World): Generator<void, readonly Match[]>;
}

/** All at once. @throws InvalidInput from `compilePattern`. */
export function matchProcesses(
  table: ProcessTable,
  selector: Selector,
  compilePattern: CompilePattern,
  findings: Findings = noFindings,
): readonly Match[] {
  const matching = createMatcher(selector, compilePattern).narrow(table.processes.values(), { table, findings });
  for (;;) {
    const step = matching.next();
    if (step.done) return step.value;
  }
}

/** @throws InvalidInput from `compilePattern`. */
export function createMatcher(selector: Selector, compilePattern: CompilePattern): Matcher {
  const narrow = narrowing(selector, compilePattern, 'selector', false);
  return {
    narrow(candidates, world) {
      const alive = [...candidates].filter((process) => !isGone(process));
      return narrow(alive.map(unexplained), world);
    },
  };
}

/**
 * @param benefit what a fact counts for that cannot be read: nothing where it would select a process, and everything
 * where it would spare one. So a process is never selected because the agent could not look.
 */
function narrowing(selector: Selector, compilePattern: CompilePattern, path: string, benefit: boolean): Narrow {
  const inner = (part: Selector, key: string, partBenefit = benefit) =>
    narrowing(part, compilePattern, `${path}.${key}`, partBenefit);
  const { parent, descendantsOf, exclude, allOf = [], anyOf, not } = selector;
  const spared = [exclude, not].filter((part) => part !== undefined);
  // What is cheap comes first, and has fewer left for what is not.
  const narrows = [
    ...conditionsOf(selector, compilePattern, path).map((condition) => keeping(condition, benefit)),
    ...(parent ? [havingParent(inner(parent, 'parent'))] : []),
    ...(descendantsOf ? [descendingFrom(inner(descendantsOf, 'descendantsOf'))] : []),
    ...allOf.map((part, index) => inner(part, `allOf[${index}]`)),
    ...(anyOf ? [matchingAny(anyOf.map((part, index) => inner(part, `anyOf[${index}]`)))] : []),
    ...spared.map((part) => sparing(inner(part, part === not ? 'not' : 'exclude', !benefit), wordsOf(part))),
  ];
  // A selector without a condition is refused at the door; here it matches nothing rather than everything.
  if (narrows.length === 0) return nothing;
  return function* narrow(candidates, world) {
    let kept = candidates;
    for (const each of narrows) kept = yield* each(kept, world);
    return kept;
  };
}

// biome-ignore lint/correctness/useYield: there is nothing to look at.
function* nothing(): Generator<void, readonly Match[]> {
  return [];
}

function keeping(condition: Condition, benefit: boolean): Narrow {
  return function* keep(candidates, { findings }) {
    const kept: Match[] = [];
    for (const { process, matched } of candidates) {
      const why = condition(process, findings);
      if (typeof why === 'string') kept.push({ process, matched: [...matched, why] });
      else if (why === unreadable && benefit) kept.push({ process, matched });
      yield;
    }
    return kept;
  };
}

function matchingAny(alternatives: readonly Narrow[]): Narrow {
  return function* keep(candidates, world) {
    const found = new Map<ProcessFacts, Match>();
    for (const narrow of alternatives) {
      const open = candidates.filter(({ process }) => !found.has(process));
      for (const match of yield* narrow(open, world)) found.set(match.process, match);
    }
    return candidates.flatMap(({ process }) => found.get(process) ?? []);
  };
}

function sparing(narrow: Narrow, words: string): Narrow {
  return function* keep(candidates, world) {
    const spared = new Set((yield* narrow(candidates, world)).map(({ process }) => process));
    const kept = candidates.filter(({ process }) => !spared.has(process));
    return kept.map(({ process, matched }) => ({ process, matched: [...matched, `not: ${words}`] }));
  };
}

/** For people: "name nginx, user root". */
function wordsOf(selector: Selector): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key} ${typeof value === 'object' ? `(${nestedWords(value)})` : value}`)
    .join(', ');
}

function nestedWords(value: Selector | readonly Selector[]): string {
  return Array.isArray(value) ? value.map(wordsOf).join(' | ') : wordsOf(value as Selector);
}

function isGone(process: ProcessFacts): boolean {
  return process.state === 'Z' || process.state === 'X';
}
