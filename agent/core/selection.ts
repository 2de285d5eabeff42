/** Which processes a selector matches, and why each one did. Pure; a zombie never matches, since it is gone already. */
import { type Pid, pidMax } from '../../proto/identity.ts';
import type { Selector } from '../../proto/selector.ts';
import type { ArgumentPattern, CompilePattern } from './argument-pattern.ts';
import type { ProcessFacts, ProcessTable } from './process.ts';

export interface Match {
  readonly process: ProcessFacts;
  /** One entry for each condition that holds, all of which do. */
  readonly matched: readonly string[];
}

/** A selector whose patterns are compiled. */
export interface Matcher {
  /** @returns why the process matches, or undefined when it does not. */
  match(process: ProcessFacts, table: ProcessTable): readonly string[] | undefined;
}

/** comm holds 15 bytes and a NUL (TASK_COMM_LEN, proc(5)). */
const commBytesMax = 15;

/** @throws InvalidInput from `compilePattern`. */
export function matchProcesses(
  table: ProcessTable,
  selector: Selector,
  compilePattern: CompilePattern,
): readonly Match[] {
  return [...matchesIn(table, createMatcher(selector, compilePattern))].filter((match) => match !== undefined);
}

/** One step for each process, so that a caller can pause between steps: a slow pattern over a large host takes seconds. */
export function* matchesIn(table: ProcessTable, matcher: Matcher): Generator<Match | undefined, void> {
  for (const process of table.processes.values()) {
    const matched = isGone(process) ? undefined : matcher.match(process, table);
    yield matched && { process, matched };
  }
}

/** @throws InvalidInput from `compilePattern`. */
export function createMatcher(selector: Selector, compilePattern: CompilePattern, path = 'selector'): Matcher {
  // In this order, for only the last two cost anything.
  const conditions: Condition[] = [];
  if (selector.pid !== undefined) conditions.push(pidIs(selector.pid));
  if (selector.user !== undefined) conditions.push(userIs(selector.user));
  if (selector.name !== undefined) conditions.push(nameIs(selector.name));
  if (selector.parent) conditions.push(parentMatches(createMatcher(selector.parent, compilePattern, `${path}.parent`)));
  if (selector.cmdline !== undefined) {
    conditions.push(argumentsMatch(selector.cmdline, compilePattern(selector.cmdline, `${path}.cmdline`)));
  }
  return {
    match(process, table) {
      const matched: string[] = [];
      for (const condition of conditions) {
        const why = condition(process, table);
        if (why === undefined) return undefined;
        matched.push(why);
      }
      // A selector without a condition is refused at the door; here it matches nothing rather than everything.
      return matched.length > 0 ? matched : undefined;
    },
  };
}

/** @returns why it holds, or undefined. */
type Condition = (process: ProcessFacts, table: ProcessTable) => string | undefined;

function pidIs(pid: Pid): Condition {
  return (process) => (process.identity.pid === pid ? `pid is ${pid}` : undefined);
}

function userIs(user: string): Condition {
  const uid = /^\d+$/.test(user) ? Number(user) : undefined;
  return (process) => {
    const isSame = uid === undefined ? process.user === user : process.uid === uid;
    return isSame ? `user is ${user}` : undefined;
  };
}

/** A name too long for comm is compared with its first 15 bytes, and then in full with the executable or first argument. */
function nameIs(name: string): Condition {
  const commonName = firstBytes(name, commBytesMax);
  if (commonName === name) return (process) => (process.name === name ? `name is ${name}` : undefined);
  return (process) => {
    if (process.name !== commonName) return undefined;
    if (process.exe !== undefined && baseName(process.exe) === name) return `name is ${name}, by its executable`;
    if (baseName(process.cmdline[0] ?? '') === name) return `name is ${name}, by its first argument`;
    return undefined;
  };
}

function argumentsMatch(text: string, pattern: ArgumentPattern): Condition {
  return (process) => {
    if (process.cmdline.length === 0) return undefined;
    return pattern.isIn(process.cmdline.join(' ')) ? `cmdline matches ${text}` : undefined;
  };
}

function parentMatches(matcher: Matcher): Condition {
  return (process, table) => {
    const parent = parentOf(process, table);
    const matched = parent && matcher.match(parent, table);
    return matched && `parent ${parent.identity.pid}: ${matched.join(', ')}`;
  };
}

export function parentOf(process: ProcessFacts, table: ProcessTable): ProcessFacts | undefined {
  const { parentPid } = process;
  return parentPid > 0 && parentPid <= pidMax ? table.processes.get(parentPid as Pid) : undefined;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function isGone(process: ProcessFacts): boolean {
  return process.state === 'Z' || process.state === 'X';
}

/** Decoded as the reader of /proc decodes comm, so that a character cut in half is the same replacement on both sides. */
function firstBytes(text: string, length: number): string {
  const bytes = new TextEncoder().encode(text);
  return bytes.length <= length ? text : new TextDecoder().decode(bytes.subarray(0, length));
}
