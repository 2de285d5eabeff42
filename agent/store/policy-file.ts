/** Reads the host policy: a YAML file that only root can have written. A file that is not right is an error, never a default. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { nestingMax, offsetOfDeepNesting } from '../../shared/yaml-nesting.ts';
import { builtInPolicy, type LoadedPolicy } from './loaded-policy.ts';
import { knownKeys, type PolicyIssue, policyFromDocument, policyKeys } from './policy-schema.ts';

/** The message has one line for each mistake: file:line:column: key: what it must be, not what it is; the way out. */
export class PolicyError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'PolicyError';
  }
}

export const policyBytesMax = 64 * 1024;
const aliasesMax = 16;

/**
 * @param ownerUids who may own the file and its directory: root, and where the agent runs for one user alone, that user.
 * @throws PolicyError for a file that others can write, that is not a regular file, or whose content is not right.
 */
export async function loadPolicy(path: string, ownerUids: readonly number[] = [0]): Promise<LoadedPolicy> {
  const text = await readPolicy(path, ownerUids);
  return text === undefined ? builtInPolicy(path) : parsePolicy(text, path);
}

/** @param path only for messages. @throws PolicyError */
export function parsePolicy(text: string, path: string): LoadedPolicy {
  if (Buffer.byteLength(text) > policyBytesMax) {
    throw new PolicyError([`${path}: is ${Buffer.byteLength(text)} bytes, at most ${policyBytesMax} are read`]);
  }
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const deepAt = offsetOfDeepNesting(text);
  if (deepAt !== undefined)
    throw new PolicyError([`${path}: nested more than ${nestingMax} deep, at offset ${deepAt}`]);
  try {
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, strict: true });
    const mistakes = [...document.errors, ...document.warnings];
    if (mistakes.length > 0) throw new PolicyError(mistakes.map((one) => `${at(one.pos[0])}: ${one.message}`));
    const policy = policyFromDocument(document.toJS({ maxAliasCount: aliasesMax }) ?? {});
    if ('stage' in policy) return { policy, source: path, lines: linesOf(document, lines) };
    throw new PolicyError(policy.flatMap((issue) => problemsOf(issue, document, at)));
  } catch (error) {
    if (error instanceof PolicyError) throw error;
    // A bomb: too many aliases, or nesting deeper than the stack.
    throw new PolicyError([`${path}: cannot be read as YAML: ${error instanceof Error ? error.message : error}`]);
  }
}

function linesOf(document: Document, lines: LineCounter): ReadonlyMap<string, number> {
  const paths = policyKeys().map((key) => key.split('.'));
  const all = new Set(paths.flatMap((path) => path.map((_, index) => path.slice(0, index + 1).join('.'))));
  const found = [...all].flatMap((key): readonly (readonly [string, number])[] => {
    const path = key.split('.');
    if (!document.hasIn(path)) return [];
    return [[key, lines.linePos(keyOffset(document, path.slice(0, -1), path.at(-1) ?? '')).line]];
  });
  return new Map(found);
}

function problemsOf(issue: PolicyIssue, document: Document, at: (offset: number) => string): string[] {
  const key = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((unknownKey) => {
      const known = knownKeys(issue.path);
      const wayOut = `; did you mean ${nearest(unknownKey, known)}? The keys are ${known.join(', ')}`;
      const place = at(keyOffset(document, issue.path, unknownKey));
      return `${place}: ${[...issue.path, unknownKey].join('.')}: is not a key of the policy${wayOut}`;
    });
  }
  const node = document.getIn(issue.path, true);
  const value = isScalar(node) ? node.value : isNode(node) ? node.toJS(document) : node;
  return [`${at(valueOffset(node))}: ${key || 'the policy'}: ${expectation(issue)}, not ${shown(value)}`];
}

const expectedWords: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text, in quotes where it looks like something else',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys and values',
  record: 'keys and values',
};

function expectation(issue: PolicyIssue): string {
  switch (issue.code) {
    case 'too_big':
      return `must be at most ${issue.maximum}; write a smaller value`;
    case 'too_small':
      return `must be at least ${issue.minimum}; write a larger value`;
    case 'invalid_type':
      return `must be ${expectedWords[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'invalid_format':
      return 'must be a fault kind such as process.pause, a family such as process.*, or *';
    default:
      return issue.message;
  }
}

function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function keyOffset(document: Document, path: readonly PropertyKey[], key: string): number {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(map)) return 0;
  const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? 0) : 0;
}

function valueOffset(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** By the fewest single-letter edits (Levenshtein distance). */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  return [...candidates].sort((one, other) => edits(word, one) - edits(word, other))[0];
}

function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] as number) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}

/** @returns undefined when there is no file. */
async function readPolicy(path: string, ownerUids: readonly number[]): Promise<string | undefined> {
  await requireOwnDirectory(dirname(path), ownerUids);
  let file: FileHandle;
  try {
    // Not blocking, for a FIFO in its place would hold us until someone writes.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new PolicyError([`${path}: cannot be opened: ${whyNotOpened(code, path)}`]);
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new PolicyError([`${path}: policy must be a regular file`]);
    if (!isWrittenOnlyBy(stat, ownerUids)) {
      throw new PolicyError([
        `${path}: policy must be owned by root and not writable by others, not uid ${stat.uid} and mode ${modeOf(stat)}; run: chown root ${path} && chmod 0644 ${path}`,
      ]);
    }
    if (stat.size > policyBytesMax) {
      throw new PolicyError([`${path}: is ${stat.size} bytes, at most ${policyBytesMax} are read`]);
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function whyNotOpened(code: string | undefined, path: string): string {
  if (code === 'ELOOP') return 'it is a symbolic link; put the file itself there';
  if (code === 'EACCES') return `uid ${process.geteuid?.()} may not read it; run: chmod 0644 ${path}`;
  return String(code);
}

/** Who can write the directory can take the file away, and would be left with the defaults. */
async function requireOwnDirectory(path: string, ownerUids: readonly number[]): Promise<void> {
  const stat = await lstat(path).catch(() => undefined);
  if (!stat || isWrittenOnlyBy(stat, ownerUids)) return;
  throw new PolicyError([
    `${path}: the directory of the policy must be owned by root and not writable by others, not uid ${stat.uid} and mode ${modeOf(stat)}`,
  ]);
}

function isWrittenOnlyBy(stat: Stats, ownerUids: readonly number[]): boolean {
  return ownerUids.includes(stat.uid) && (stat.mode & 0o022) === 0;
}

function modeOf(stat: Stats): string {
  return `0${(stat.mode & 0o777).toString(8)}`;
}
