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
const zero = 0x30;
const minusSign = 0x2d;

/** @returns undefined for what is not such a line. */
export function parseProcStat(text: string): ProcStat | undefined {
  const open = text.indexOf('(');
  // The last one: the name may contain others, and nothing after the name does.
  const close = text.lastIndexOf(')');
  if (open < 1 || close < open) return undefined;
  const state = text[close + 2] ?? '';
  if (text[close + 3] !== ' ') return undefined;
  // Ten thousand lines are read at once: numbers are made where they stand, since fifty strings for each would be waste.
  let at = close + 4;
  let field = 4;
  const number = (wanted: number): number => {
    for (; field < wanted && at > 0; field++) at = text.indexOf(' ', at) + 1;
    return at === 0 ? Number.NaN : numberAt(text, at);
  };
  const parentPid = number(4);
  const sessionId = number(6);
  const flags = number(9);
  const cpuTimeTicks = number(14) + number(15);
  const threads = number(20);
  const startTimeTicks = number(22);
  const residentPages = number(24);
  if (!Number.isSafeInteger(startTimeTicks)) return undefined;
  return {
    pid: Number(text.slice(0, open)),
    name: text.slice(open + 1, close),
    state,
    parentPid,
    sessionId,
    isKernelThread: (flags & kernelThreadFlag) !== 0,
    cpuTimeTicks,
    threads,
    startTimeTicks,
    residentPages,
  };
}

/** Of decimal digits, up to the first character that is none; a sign only where the kernel writes one. NaN where there are none. */
function numberAt(text: string, start: number): number {
  const isNegative = text.charCodeAt(start) === minusSign;
  let value = 0;
  let at = isNegative ? start + 1 : start;
  const first = at;
  for (; at < text.length; at++) {
    const digit = text.charCodeAt(at) - zero;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (at === first) return Number.NaN;
  return isNegative ? -value : value;
}
