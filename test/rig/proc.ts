/** The tests' own eyes on processes: /proc, and nobody's word. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The state letter of each thread (proc_pid_stat(5)); none for a process that does not exist. */
export function threadStates(pid: number): readonly string[] {
  return threadsOf(pid).flatMap((tid) => {
    const stat = readOr(`/proc/${pid}/task/${tid}/stat`);
    return stat === undefined ? [] : stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  });
}

/** Of each thread that is traced, by whom. */
export function tracersOf(pid: number): readonly number[] {
  return threadsOf(pid).flatMap((tid) => {
    const tracer = Number(/^TracerPid:\s+(\d+)$/m.exec(readOr(`/proc/${pid}/task/${tid}/status`) ?? '')?.[1] ?? 0);
    return tracer === 0 ? [] : [tracer];
  });
}

/** Living processes whose standard error is this file, whoever their parent is by now. */
export function processesThatLogTo(logPath: string): readonly number[] {
  return listPids().filter((pid) => logsTo(pid, logPath));
}

/** The same, asked many times: only pids that were not there at the last look are looked at. */
export function watchProcessesThatLogTo(logPath: string): () => readonly number[] {
  let others = new Set<number>();
  let own = new Set<number>();
  return () => {
    const pids = listPids();
    own = new Set(pids.filter((pid) => !others.has(pid) && (own.has(pid) ? isAlive(pid) : logsTo(pid, logPath))));
    others = new Set(pids.filter((pid) => !own.has(pid)));
    return [...own];
  };
}

export function logsTo(pid: number, logPath: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/2`) === logPath && isAlive(pid);
  } catch {
    return false;
  }
}

export function listPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** A zombie is gone: it waits to be reaped, and does nothing any more. */
export function isAlive(pid: number): boolean {
  const states = threadStates(pid);
  return states.length > 0 && !states.every((state) => state === 'Z' || state === 'X');
}

/** Nanoseconds that its first thread has been on a CPU (schedstat); 0 once it is gone. */
export function scheduledNs(pid: number): number {
  return Number(readOr(`/proc/${pid}/schedstat`)?.split(' ')[0] ?? 0);
}

export function commandLineOf(pid: number): string {
  return (readOr(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
