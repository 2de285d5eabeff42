/** One task after the other, each with a deadline: how several callers share one file. */

/** Runs the task when all earlier ones have ended. @throws Error naming the task when it takes longer than the deadline. */
export type TakeTurn = <Value>(task: string, run: () => Promise<Value>) => Promise<Value>;

/**
 * A disk that hangs must not hang its callers, and a write cannot be called back: the caller is told at the deadline,
 * while the next task still waits for the late one to end, so that writes never overtake each other.
 */
export function createTurns(deadlineMs: number): TakeTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (task, run) => {
    const turn = last.then(run);
    last = turn.catch(() => {});
    return withDeadline(turn, deadlineMs, task);
  };
}

/** The promise itself goes on. @throws Error naming the task when it takes longer than the deadline. */
export async function withDeadline<Value>(turn: Promise<Value>, deadlineMs: number, task: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${task} took longer than ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([turn, late]);
  } finally {
    clearTimeout(timer);
  }
}
