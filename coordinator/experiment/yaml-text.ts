/** YAML 1.2 text to plain values that remember where they stood, within bounds that no file can make us exceed. */
import { Composer, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, Parser } from 'yaml';
import { nestingMax, offsetOfDeepNesting } from '../../shared/yaml-nesting.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlProblem extends Place {
  readonly message: string;
}

export type Path = readonly PropertyKey[];

export interface YamlText {
  /** Mappings have no prototype, so that no key can mean more than it says. */
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  /** Where the value at a path starts, or its nearest ancestor that is in the file. */
  placeOf(path: Path): Place;
  placeOfKey(path: Path): Place;
  /** The place of one character of a text value; of its start where quotes or folding moved the characters. */
  placeInText(path: Path, offset: number): Place;
}

export const fileSizeMaxBytes = 256 * 1024;
/** Aliases are followed, so this is what bounds a file that grows tenfold at each of them. */
const valuesMax = 20_000;

/** "method[0].for" */
export function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

/** Never throws: whatever is wrong is in `problems`, and `value` is only whole when there are none. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const failed = (...problems: readonly YamlProblem[]): YamlText => {
    const start = (): Place => ({ line: 1, column: 1 });
    return { value: undefined, problems, placeOf: start, placeOfKey: start, placeInText: start };
  };
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > fileSizeMaxBytes) {
    const message = `the file has ${sizeBytes} bytes, and at most ${fileSizeMaxBytes} are read`;
    return failed({ line: 1, column: 1, message });
  }
  lineStarts(text, lines);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: YAML 1.2 allows no others (production 1, c-printable).
  const control = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F]/.exec(text);
  if (control) {
    const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return failed({ ...placeAt(control.index), message: `the control character U+${code} is not allowed` });
  }
  const documents = compose(text);
  if (typeof documents === 'number') {
    return failed({ ...placeAt(documents), message: `nested more than ${nestingMax} deep` });
  }
  const [document, second] = documents;
  const problems: YamlProblem[] = [];
  const report = (offset: number, message: string): void => {
    problems.push({ ...placeAt(offset), message });
  };
  if (!document?.contents) return failed({ line: 1, column: 1, message: 'the file is empty' });
  if (second) report(second.range[0], 'a second document starts here; a file holds one experiment');
  for (const { pos, message } of [...document.errors, ...document.warnings]) report(pos[0], sentence(message));
  if (document.directives?.yaml.version === '1.1') report(0, 'YAML 1.1 is not read; remove the %YAML line');
  if (problems.length > 0) return failed(...problems);

  const places = new Map<string, Spot>();
  const value = toValue(document, places, report);
  const spotOf = (path: Path): Spot => {
    for (let length = path.length; length >= 0; length--) {
      const spot = places.get(pathKey(path.slice(0, length)));
      if (spot) return spot;
    }
    return { start: 0, keyStart: 0, text: undefined };
  };
  return {
    value,
    problems,
    placeOf: (path) => placeAt(spotOf(path).start),
    placeOfKey: (path) => placeAt(spotOf(path).keyStart),
    placeInText(path, offset) {
      const spot = spotOf(path);
      const quote = /^["']/.test(text.slice(spot.start, spot.start + 1)) ? 1 : 0;
      const begin = spot.start + quote;
      const isVerbatim = spot.text !== undefined && text.startsWith(spot.text, begin);
      return placeAt(isVerbatim ? begin + offset : spot.start);
    },
  };
}

interface Spot {
  readonly start: number;
  readonly keyStart: number;
  readonly text: string | undefined;
}

function lineStarts(text: string, lines: LineCounter): void {
  lines.addNewLine(0);
  for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) lines.addNewLine(index + 1);
}

/** @returns the offset at which the text nests too deep, instead. */
function compose(text: string): Document.Parsed[] | number {
  const deepAt = offsetOfDeepNesting(text);
  if (deepAt !== undefined) return deepAt;
  const tokens = [...new Parser().parse(text)];
  // Duplicate keys are found below, where both places can be named.
  const composer = new Composer({ version: '1.2', schema: 'core', merge: false, uniqueKeys: false });
  return [...composer.compose(tokens, true, text.length)] as Document.Parsed[];
}

function toValue(
  document: Document.Parsed,
  places: Map<string, Spot>,
  report: (offset: number, message: string) => void,
): unknown {
  let values = 0;
  const convert = (node: Node | null, path: Path, keyStart: number): unknown => {
    const start = node?.range?.[0] ?? keyStart;
    if (++values > valuesMax || path.length > nestingMax) {
      if (values === valuesMax + 1 || path.length > nestingMax) {
        report(start, `the file grows to more than ${valuesMax} values when its aliases are followed`);
        values = valuesMax + 2;
      }
      return undefined;
    }
    const isText = isScalar(node) && typeof node.value === 'string';
    places.set(pathKey(path), { start, keyStart, text: isText ? (node.value as string) : undefined });
    if (node === null) return null;
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target === undefined) report(start, `nothing is named &${node.source}`);
      return target === undefined ? undefined : convert(target, path, keyStart);
    }
    if (isSeq<Node>(node)) return node.items.map((item, index) => convert(item, [...path, index], keyStart));
    if (isMap<Node, Node | null>(node)) {
      const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? key.value : undefined;
        const at = key?.range?.[0] ?? start;
        if (typeof name !== 'string') report(at, 'a key must be text; put it in quotes');
        else if (name === '__proto__') report(at, 'the key "__proto__" is not allowed');
        else if (Object.hasOwn(result, name)) report(at, `"${name}" is given twice`);
        else result[name] = convert(value, [...path, name], at);
      }
      return result;
    }
    const scalar = isScalar(node) ? node.value : undefined;
    if (typeof scalar === 'object' && scalar !== null) report(start, `the tag ${node.tag ?? ''} is not read`.trim());
    return scalar;
  };
  return convert(document.contents as Node, [], 0);
}

function pathKey(path: Path): string {
  return JSON.stringify(path);
}

/** The library's messages begin with a capital and may go on for lines. */
function sentence(message: string): string {
  const [first = message] = message.split('\n');
  return first.charAt(0).toLowerCase() + first.slice(1);
}
