/** The demo's own eyes on its processes: /proc, and nobody's word. */
import { readdirSync, readFileSync } from 'node:fs';

/** The state letters of a process's threads (proc_pid_stat(5)); none when it does not exist. */
export function threadStates(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((tid) => stateOf(`/proc/${pid}/task/${tid}/stat`) ?? []);
  } catch {
    return [];
  }
}

export function isHeld(pid: number): boolean {
  const states = threadStates(pid);
  return states.length > 0 && states.every((state) => state === 't' || state === 'T');
}

export function isRunning(pid: number): boolean {
  const states = threadStates(pid);
  return states.length > 0 && states.every((state) => state !== 't' && state !== 'T' && state !== 'Z');
}

/** Living children by the kernel's own list (proc_pid_task_children(5)), with their command names. */
export function childrenOf(pid: number): readonly { readonly pid: number; readonly name: string }[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .flatMap((tid) => readFileSync(`/proc/${pid}/task/${tid}/children`, 'latin1').trim().split(' '))
      .filter(Boolean)
      .map((child) => ({ pid: Number(child), name: nameOf(Number(child)) }));
  } catch {
    return [];
  }
}

/** @throws Error that names the condition when it does not come true in time. */
export async function until<Value>(
  what: string,
  withinMs: number,
  condition: () => Value | undefined | false | Promise<Value | undefined | false>,
): Promise<Value> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function stateOf(path: string): string | undefined {
  try {
    const stat = readFileSync(path, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return undefined;
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
  } catch {
    return '';
  }
}
