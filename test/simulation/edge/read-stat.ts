/** In place of `agent/host/read-stat.ts`: what the /proc of a simulated host says of a process, which has one thread. */
import { type ProcStat, parseProcStat } from '../../../agent/host/proc-stat.ts';
import { runningProcess } from '../world/process.ts';
import { stateOf } from '../world/process-facts.ts';

export const tickMs = 10;

export function readStat(path: string): ProcStat | undefined {
  const text = readUnlessGone(path);
  return text === undefined ? undefined : parseProcStat(text);
}

/** The fields of proc_pid_stat(5), of which those that nobody asks for are 0. */
export function readUnlessGone(path: string): string | undefined {
  const pid = Number(/^\/proc\/(\d+)\/(?:task\/\1\/)?stat$/.exec(path)?.[1]);
  const process = runningProcess().host.process(pid);
  if (!process) return undefined;
  const { plan, parent, nice, startTicks } = process;
  const fields = [parent?.pid ?? 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, nice, 1, 0, startTicks, 0, 0];
  return `${pid} (${plan.program}) ${stateOf(process)} ${fields.join(' ')}`;
}

export function unlessGone<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
