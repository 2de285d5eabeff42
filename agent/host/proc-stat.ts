/** One line of /proc/PID/stat (proc_pid_stat(5)). */

export interface ProcStat {
  readonly pid: number;
  /** comm, as the process may have set it: spaces, parentheses and newlines included. */
  readonly name: string;
  readonly state: string;
  readonly parentPid: number;
  readonly sessionId: number;
  readonly isKernelThread: boolean;
  /** User and system time of all threads, in clock ticks (100 a second on every Linux that Node runs on). */
  readonly cpuTimeTicks: number;
  readonly threads: number;
  readonly startTimeTicks: number;
  readonly residentPages: number;
}

/** PF_KTHREAD, include/linux/sched.h. Not "the parent is pid 2": in a container that is anyone. */
const kernelThreadFlag = 0x0020_0000;

/** @returns undefined for what is not such a line. */
export function parseProcStat(text: string): ProcStat | undefined {
  const open = text.indexOf('(');
  // The last one: the name may contain others, and nothing after the name does.
  const close = text.lastIndexOf(')');
  if (open < 1 || close < open) return undefined;
  // The manual page counts from 1, and the first of these is its third. What stands behind the last of ours is left out.
  const fields = text.slice(close + 2).split(' ', 22);
  const number = (field: number) => Number(fields[field - 3]);
  const state = fields[0] ?? '';
  const startTimeTicks = number(22);
  if (state.length !== 1 || !Number.isSafeInteger(startTimeTicks)) return undefined;
  return {
    pid: Number(text.slice(0, open)),
    name: text.slice(open + 1, close),
    state,
    parentPid: number(4),
    sessionId: number(6),
    isKernelThread: (number(9) & kernelThreadFlag) !== 0,
    cpuTimeTicks: number(14) + number(15),
    threads: number(20),
    startTimeTicks,
    residentPages: number(24),
  };
}
