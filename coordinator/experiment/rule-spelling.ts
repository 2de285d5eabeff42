/** Rules as people spell them, to CEL: `and`, `or` and `not` are words, and every number is a double. */

export interface SpelledRule {
  readonly cel: string;
  /** The offset in the text as written, for an offset in the CEL text. */
  originOf(offset: number): number;
}

const words: ReadonlyMap<string, string> = new Map([
  ['and', '&&'],
  ['or', '||'],
  ['not', '!'],
]);

/** Text in quotes, names, numbers, and anything else one character at a time. */
const token = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_]\w*|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\w*|[\s\S]/g;

/**
 * CEL has no `int * double`, so `2 * baseline.canary.latencyMs` would be refused for a reason that nobody who writes a
 * rule cares about: whole numbers become doubles here, before the text is parsed.
 */
export function spellRule(text: string): SpelledRule {
  let cel = '';
  const origins: number[] = [];
  for (const match of text.matchAll(token)) {
    const written = match[0];
    const spelled = words.get(written) ?? (/^\d+$/.test(written) ? `${written}.0` : written);
    for (let index = 0; index < spelled.length; index++) {
      origins.push(match.index + Math.min(index, written.length - 1));
    }
    cel += spelled;
  }
  return { cel, originOf: (offset) => origins[offset] ?? text.length };
}

/** A name in the CEL text that is to be written out: "errors" as "errors.value". */
export interface NameEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** @param edits in any order, none inside another. The same rule where there are none. */
export function withNames(rule: SpelledRule, edits: readonly NameEdit[]): SpelledRule {
  if (edits.length === 0) return rule;
  let cel = '';
  const origins: number[] = [];
  let at = 0;
  const copy = (until: number): void => {
    for (; at < until; at += 1) {
      origins.push(at);
      cel += rule.cel[at];
    }
  };
  for (const { start, end, text } of [...edits].sort((one, other) => one.start - other.start)) {
    copy(start);
    for (let index = 0; index < text.length; index += 1) origins.push(Math.min(start + index, end - 1));
    cel += text;
    at = end;
  }
  copy(rule.cel.length);
  return { cel, originOf: (offset) => rule.originOf(origins[offset] ?? rule.cel.length) };
}
