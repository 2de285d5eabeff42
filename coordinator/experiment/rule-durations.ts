/**
 * Rules as people say them: "(errors > baseline*2 for 2 minutes) or (latency > baseline*1.3)". Each alternative of `or`
 * that says how long it must last becomes a rule of its own; without such a word a text is one rule, as it stands.
 */
import { RuleProblem } from './rule-problem.ts';

export interface RulePart {
  readonly text: string;
  /** Of the part, in the whole text. */
  readonly offset: number;
  /** Absent where the part does not say. */
  readonly forMs?: number;
}

interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** How many parentheses are open around it. */
  readonly depth: number;
}

const tokenExpression = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_][\w.]*|\d[\w.]*|\|\||&&|\S/g;

/** @throws RuleProblem for a duration that is none, or that stands where no alternative ends. */
export function splitRule(text: string): readonly RulePart[] {
  const tokens = tokensOf(text);
  if (!tokens.some(isFor)) return [{ text, offset: 0 }];
  return alternatives(tokens, text);
}

function alternatives(all: readonly Token[], text: string): readonly RulePart[] {
  const tokens = unwrapped(all);
  const depth = tokens[0]?.depth ?? 0;
  const ors = tokens.flatMap((token, index) => (token.depth === depth && isOr(token) ? [index] : []));
  if (ors.length === 0) return [part(tokens, depth, text)];
  const bounds = [-1, ...ors, tokens.length];
  return bounds.slice(1).flatMap((end, index) => {
    const own = tokens.slice((bounds[index] as number) + 1, end);
    if (own.length === 0)
      throw new RuleProblem('an alternative of "or" is missing', tokens[ors[0] as number]?.start ?? 0);
    return alternatives(own, text);
  });
}

function part(tokens: readonly Token[], depth: number, text: string): RulePart {
  const [first, last] = [tokens[0] as Token, tokens.at(-1) as Token];
  const at = tokens.findIndex((token) => isFor(token) && token.depth === depth);
  const deeper = tokens.find((token) => isFor(token) && token.depth > depth);
  if (deeper) {
    throw new RuleProblem(
      '"for" may only end an alternative of "or"; put what it belongs to in a rule of its own',
      deeper.start,
    );
  }
  if (at === -1) return { text: text.slice(first.start, last.end), offset: first.start };
  const before = tokens[at - 1];
  const after = tokens[at + 1];
  if (!before) throw new RuleProblem('"for" needs a condition before it', first.start);
  if (!after) throw new RuleProblem('"for" needs a duration after it, such as 2 minutes', last.start);
  const forMs = durationMs(text.slice(after.start, last.end), after.start);
  return { text: text.slice(first.start, before.end), offset: first.start, forMs };
}

/** Without the parentheses around all of it. */
function unwrapped(tokens: readonly Token[]): readonly Token[] {
  const [first, last] = [tokens[0], tokens.at(-1)];
  const isWrapped = first?.text === '(' && last?.text === ')';
  const inner = tokens.slice(1, -1);
  if (!first || !isWrapped || inner.length === 0 || inner.some((token) => token.depth <= first.depth)) return tokens;
  return unwrapped(inner);
}

function tokensOf(text: string): readonly Token[] {
  let depth = 0;
  return [...text.matchAll(tokenExpression)].map((match) => {
    const [found] = match;
    if (found === ')') depth -= 1;
    const token = { text: found, start: match.index, end: match.index + found.length, depth };
    if (found === '(') depth += 1;
    return token;
  });
}

const units: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
};

/** "2 minutes", "90s", "1m30s" */
function durationMs(text: string, offset: number): number {
  let sum = 0;
  const rest = text.replaceAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gi, (whole, count: string, word: string) => {
    const unit = units[word.toLowerCase()] ?? units[word.toLowerCase().replace(/s$/, '')];
    if (unit === undefined) return whole;
    sum += Number(count) * unit;
    return '';
  });
  if (rest !== '' || text === '' || !(sum > 0)) {
    throw new RuleProblem(`"${text}" is no duration; write such as 2 minutes, 90s or 1m30s`, offset);
  }
  return Math.round(sum);
}

function isFor(token: Token): boolean {
  return token.text === 'for';
}

function isOr(token: Token): boolean {
  return token.text === 'or' || token.text === '||';
}
