/** The lines of /proc/TID/status that a hold needs (proc_pid_status(5)). */
import { readdirSync } from 'node:fs';
import { readUnlessGone, unlessGone } from '../host/read-stat.ts';

export interface ThreadStatus {
  /** The letter: R, S, D, T, t, Z, X … */
  readonly state: string;
  /** The pid of its process. */
  readonly threadGroup: number;
  /** 0 for none. */
  readonly tracerPid: number;
}

/** The tids of a process; none once it is gone. */
export function listThreads(pid: number): readonly number[] {
  const names = unlessGone(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return names.map(Number);
}

/** Undefined once the thread is gone. */
export function readThreadStatus(tid: number): ThreadStatus | undefined {
  const text = readUnlessGone(`/proc/${tid}/status`);
  if (text === undefined) return undefined;
  return {
    state: field(text, 'State').slice(0, 1),
    threadGroup: Number(field(text, 'Tgid')),
    tracerPid: Number(field(text, 'TracerPid')),
  };
}

export function hasExited(status: ThreadStatus): boolean {
  return status.state === 'Z' || status.state === 'X';
}

/** The name is escaped in this file, so a process cannot forge a line (proc_pid_status(5)). */
function field(text: string, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
}
