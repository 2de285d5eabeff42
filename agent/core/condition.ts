/** The conditions of a selector that one process meets by itself. */
import type { Pid } from '../../proto/identity.ts';
import type { Selector } from '../../proto/selector.ts';
import type { ArgumentPattern, CompilePattern } from './argument-pattern.ts';
import { containersIn } from './container.ts';
import type { Findings } from './inquiry.ts';
import type { ProcessFacts } from './process.ts';

/** What a condition asks about may not be read; so the process may meet it, or not. */
export const unreadable: unique symbol = Symbol('unreadable');

/** @returns why the process meets it, or undefined where it does not. */
export type Condition = (process: ProcessFacts, findings: Findings) => string | undefined | typeof unreadable;

/** comm holds 15 bytes and a NUL (TASK_COMM_LEN, proc(5)). */
const commBytesMax = 15;

/** In the order of what they cost: what is in the stat file, who owns it, then one more file for each, then patterns. */
export function conditionsOf(selector: Selector, compilePattern: CompilePattern, path: string): readonly Condition[] {
  const { pid, pidfile, port, name, memoryAboveBytes, cpuAbovePercent, user, group } = selector;
  const { unit, cgroup, cgroupTree, container, exe, cmdline } = selector;
  return [
    ...(pid === undefined ? [] : [pidIs(pid)]),
    ...(pidfile === undefined ? [] : [isInPidfile(pidfile)]),
    ...(port === undefined ? [] : [listensOn(port)]),
    ...(name === undefined ? [] : [nameIs(name)]),
    ...(memoryAboveBytes === undefined ? [] : [usesMemoryAbove(memoryAboveBytes)]),
    ...(cpuAbovePercent === undefined ? [] : [usesCpuAbove(cpuAbovePercent)]),
    ...(user === undefined ? [] : [userIs(user)]),
    ...(group === undefined ? [] : [groupIs(group)]),
    ...(unit === undefined ? [] : [unitIs(unit)]),
    ...(cgroup === undefined ? [] : [cgroupIs(cgroup)]),
    ...(cgroupTree === undefined ? [] : [isBelowCgroup(cgroupTree)]),
    ...(container === undefined ? [] : [isInContainer(container)]),
    ...(exe === undefined ? [] : [exeIs(exe)]),
    ...(cmdline === undefined ? [] : [argumentsMatch(cmdline, compilePattern(cmdline, `${path}.cmdline`))]),
  ];
}

function pidIs(pid: Pid): Condition {
  return ({ identity }) => (identity.pid === pid ? `pid is ${pid}` : undefined);
}

function isInPidfile(path: string): Condition {
  return ({ identity }, { pidfiles }) => (pidfiles.get(path) === identity.pid ? `pidfile is ${path}` : undefined);
}

function listensOn(port: number): Condition {
  return ({ identity }, { listeners }) =>
    listeners.get(port)?.has(identity.pid) ? `listens on port ${port}` : undefined;
}

/** A name too long for comm is compared with its first 15 bytes, and then in full with the executable or first argument. */
function nameIs(name: string): Condition {
  const commonName = firstBytes(name, commBytesMax);
  if (commonName === name) return (process) => (process.name === name ? `name is ${name}` : undefined);
  return (process) => {
    if (process.name !== commonName) return undefined;
    const { exe, cmdline } = process;
    if (exe !== undefined && baseName(exe) === name) return `name is ${name}, by its executable`;
    if (baseName(cmdline[0] ?? '') === name) return `name is ${name}, by its first argument`;
    return isHidden(process, exe) ? unreadable : undefined;
  };
}

function usesMemoryAbove(bytes: number): Condition {
  return ({ residentBytes }) =>
    residentBytes > bytes ? `memory is ${residentBytes} bytes, above ${bytes}` : undefined;
}

function usesCpuAbove(percent: number): Condition {
  return ({ identity }, { cpuPercent }) => {
    const measured = cpuPercent.get(identity.pid);
    if (measured === undefined) return unreadable;
    return measured > percent ? `cpu is ${measured}%, above ${percent}%` : undefined;
  };
}

function userIs(wanted: string): Condition {
  return ({ uid, user }) => accountIs('user', wanted, uid, user);
}

function groupIs(wanted: string): Condition {
  return ({ gid, group }) => accountIs('group', wanted, gid, group);
}

/** An account of a directory service is known by number alone, so any name may be the right one. */
function accountIs(kind: string, wanted: string, id: number, name: string | undefined): ReturnType<Condition> {
  const isNumber = /^\d+$/.test(wanted);
  if (isNumber ? id === Number(wanted) : name === wanted) return `${kind} is ${wanted}`;
  return isNumber || name !== undefined ? undefined : unreadable;
}

function unitIs(unit: string): Condition {
  return (process) => (process.unit === unit ? `unit is ${unit}` : undefined);
}

function cgroupIs(cgroup: string): Condition {
  return (process) => (process.cgroup === cgroup ? `cgroup is ${cgroup}` : undefined);
}

function isBelowCgroup(cgroup: string): Condition {
  const prefix = cgroup === '/' ? '/' : `${cgroup}/`;
  return (process) => {
    const actual = process.cgroup;
    return actual === cgroup || actual.startsWith(prefix) ? `cgroup ${actual} is in ${cgroup}` : undefined;
  };
}

function isInContainer(id: string): Condition {
  return ({ cgroup }) => {
    const found = containersIn(cgroup).find((container) => container.startsWith(id));
    return found && `container is ${found.slice(0, 12)}`;
  };
}

function exeIs(exe: string): Condition {
  return (process) => {
    const actual = process.exe;
    if (actual === exe) return `exe is ${exe}`;
    return isHidden(process, actual) ? unreadable : undefined;
  };
}

function argumentsMatch(text: string, pattern: ArgumentPattern): Condition {
  return ({ cmdline }) => {
    if (cmdline.length === 0) return undefined;
    return pattern.isIn(cmdline.join(' ')) ? `cmdline matches ${text}` : undefined;
  };
}

function isHidden(process: ProcessFacts, exe: string | undefined): boolean {
  return exe === undefined && !process.isKernelThread;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Decoded as the reader of /proc decodes comm, so that a character cut in half is the same replacement on both sides. */
function firstBytes(text: string, length: number): string {
  const bytes = new TextEncoder().encode(text);
  return bytes.length <= length ? text : new TextDecoder().decode(bytes.subarray(0, length));
}
