/** The way down: last in, first out, and a step that fails does not keep the others from being taken. */

export interface Teardown {
  add(step: string, undo: () => unknown): void;
  /** Idempotent. */
  run(): Promise<void>;
}

const stepDeadlineMs = 5000;

export function createTeardown(onFailure: (step: string, error: unknown) => void): Teardown {
  const steps: { readonly step: string; readonly undo: () => unknown }[] = [];
  return {
    add: (step, undo) => steps.push({ step, undo }),
    async run() {
      for (let next = steps.pop(); next; next = steps.pop()) {
        try {
          await within(stepDeadlineMs, next.undo());
        } catch (error) {
          onFailure(next.step, error);
        }
      }
    },
  };
}

async function within(deadlineMs: number, work: unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
