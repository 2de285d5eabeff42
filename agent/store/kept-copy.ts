/** A copy of the newest content in one place, on a disk that may refuse or hang: tried again until it is there. */
import { withDeadline } from '../../shared/turns.ts';

export interface KeptCopy<Content> {
  /**
   * Resolves when this content, or a newer one, is there. @throws Error at its first failure, or at the deadline; it is
   * tried again all the same, until it is there or a newer one is wanted.
   */
  put(content: Content): Promise<void>;
  /** What was last written; what was there before is not known to be on the disk. */
  content(): Content | undefined;
  /** Tries no more. */
  close(): void;
}

export interface CopyOptions<Content> {
  /** For messages. */
  readonly task: string;
  readonly deadlineMs: number;
  write(content: Content): Promise<void>;
  /** The newest content is there. */
  onThere?(content: Content): void;
}

interface Waiting {
  readonly number: number;
  resolve(): void;
  reject(error: unknown): void;
}

const againAfterMs = 1000;

/** One write at a time, and of the newest content alone: a disk that hangs gathers no queue, and nothing older comes last. */
export function createKeptCopy<Content>(options: CopyOptions<Content>): KeptCopy<Content> {
  const { task, deadlineMs, write, onThere } = options;
  let there: Content | undefined;
  let wanted: { readonly number: number; readonly content: Content } | undefined;
  let writtenNumber = 0;
  let isWriting = false;
  let isClosed = false;
  let again: NodeJS.Timeout | undefined;
  let waiting: readonly Waiting[] = [];

  function follow(): void {
    clearTimeout(again);
    if (isWriting || isClosed || !wanted || wanted.number === writtenNumber) return;
    const { number, content } = wanted;
    isWriting = true;
    write(content).then(
      () => {
        isWriting = false;
        writtenNumber = number;
        there = content;
        settle(number, (each) => each.resolve());
        if (wanted?.number === number) onThere?.(content);
        follow();
      },
      (error: unknown) => {
        isWriting = false;
        settle(number, (each) => each.reject(error));
        if (wanted?.number !== number) follow();
        else if (!isClosed) again = setTimeout(follow, againAfterMs).unref();
      },
    );
  }

  function settle(number: number, call: (waiting: Waiting) => void): void {
    const settled = waiting.filter((each) => each.number <= number);
    waiting = waiting.filter((each) => each.number > number);
    for (const each of settled) call(each);
  }

  return {
    put(content) {
      const number = (wanted?.number ?? 0) + 1;
      wanted = { number, content };
      const written = new Promise<void>((resolve, reject) => {
        waiting = [...waiting, { number, resolve, reject }];
      });
      follow();
      return withDeadline(written, deadlineMs, task);
    },
    content: () => there,
    close() {
      isClosed = true;
      clearTimeout(again);
    },
  };
}
