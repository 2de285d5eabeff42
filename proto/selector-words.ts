/** Selectors on the command line: name=nginx user=www parent.name=supervisor, all of which must hold. */
import { parsePid } from './identity.ts';
import { InvalidInput, integerIn } from './invalid-input.ts';
import { suggestion } from './near-miss.ts';
import { type Selector, selectorDepthMax, selectorsMax } from './selector.ts';
import { parseCpuAbove, parseMemoryAbove, selectorFromWritten, type WrittenSelector } from './written-selector.ts';

/** What one word says, read; a WrittenSelector once all words are in. */
interface Draft {
  [key: string]: string | number | Draft | Draft[];
}

type ReadValue = (value: string, path: string) => string | number;

const readers: Readonly<Record<string, ReadValue>> = {
  name: asWritten,
  exe: asWritten,
  cmdline: asWritten,
  pid: (value, path) => parsePid(digits(value), path),
  pidfile: asWritten,
  user: asWritten,
  group: asWritten,
  unit: asWritten,
  cgroup: asWritten,
  cgroupTree: asWritten,
  container: asWritten,
  port: (value, path) => integerIn(digits(value), path, 1, 65_535),
  memoryAbove: parseMemoryAbove,
  cpuAbove: parseCpuAbove,
};
const relatives = ['parent', 'descendantsOf'];
const nesting = [...relatives, 'exclude', 'not'];
const lists = ['allOf', 'anyOf'];
const keys = [...Object.keys(readers), ...nesting, ...lists];

/** @throws InvalidInput for an empty selector, an unknown key or a value that cannot be. */
export function selectorFromWords(words: readonly string[]): Selector {
  const draft: Draft = {};
  for (const word of words) setCondition(draft, word);
  return selectorFromWritten(draft as WrittenSelector, 'selector');
}

function setCondition(root: Draft, word: string): void {
  const [, path = '', value = ''] = /^([^=]+)=([\s\S]+)$/.exec(word) ?? [];
  if (path === '') throw notCondition(word, `must be key=value with a key of ${keys.join(', ')}`);
  const parts = path.split('.');
  const last = parts.at(-1) as string;
  // parent=1 is short for parent.pid=1.
  if (relatives.includes(last)) parts.push('pid');
  const key = parts.pop() as string;
  const selector = selectorAt(root, parts, word);
  const read = Object.hasOwn(readers, key) ? readers[key] : undefined;
  if (!read) throw notCondition(word, keys.includes(key) ? hasOwnConditions(key) : notKnown(key, keys));
  if (Object.hasOwn(selector, key)) throw notCondition(word, `must give ${[...parts, key].join('.')} once`);
  selector[key] = read(value, path);
}

function selectorAt(root: Draft, path: readonly string[], word: string): Draft {
  let selector = root;
  let depth = 1;
  for (let index = 0; index < path.length; index += 1) {
    const part = path[index] as string;
    depth += 1;
    if (depth > selectorDepthMax) throw notCondition(word, `must be nested at most ${selectorDepthMax} deep`);
    if (lists.includes(part)) {
      index += 1;
      selector = entryOf(selector, part, path[index], word);
    } else if (nesting.includes(part)) {
      selector[part] ??= {};
      selector = selector[part] as Draft;
    } else {
      throw notCondition(
        word,
        Object.hasOwn(readers, part) ? `must give no conditions to ${part}` : notKnown(part, nesting),
      );
    }
  }
  return selector;
}

/** Entries are numbered from 1 without a gap, so that a slip of the finger makes no entry of its own. */
function entryOf(selector: Draft, key: string, number: string | undefined, word: string): Draft {
  selector[key] ??= [];
  const entries = selector[key] as Draft[];
  const position = /^[1-9]\d?$/.test(number ?? '') ? Number(number) : 0;
  if (position === 0 || position > selectorsMax) throw notCondition(word, hasOwnConditions(key));
  if (position > entries.length + 1) throw notCondition(word, `must come after ${key}.${entries.length + 1}`);
  entries[position - 1] ??= {};
  return entries[position - 1] as Draft;
}

function hasOwnConditions(key: string): string {
  return `must give a condition to ${key}, such as ${key}${lists.includes(key) ? '.1' : ''}.name=nginx`;
}

function notKnown(key: string, known: readonly string[]): string {
  return `must have a known key (${known.join(', ')}${suggestion(key, known)})`;
}

function notCondition(word: string, expectation: string): InvalidInput {
  return new InvalidInput('condition', word, expectation);
}

function asWritten(value: string): string {
  return value;
}

/** What is no number stays text, which is refused with the range that the key has. */
function digits(value: string): string | number {
  return /^\d+$/.test(value) ? Number(value) : value;
}
