/** SQLite in a thread of its own, as Kysely asks for a database: one connection, which has one caller at a time. */
import { Worker } from 'node:worker_threads';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { withDeadline } from '../../shared/turns.ts';
import type { Answer, Question, ThreadOrder } from './thread-messages.ts';
import { remedyOf } from './told-failure.ts';

export interface ThreadOptions extends ThreadOrder {
  /** The thread's program, `leash-store.js`. */
  readonly program: string;
}

/** A disk that takes longer than this fails the query; what it asked for may still come about, in its order. */
const answerWithinMs = 10_000;

export function threadDialect(options: ThreadOptions): Dialect {
  return {
    createDriver: () => createDriver(options),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (database) => new SqliteIntrospector(database),
  };
}

function createDriver({ program, path, directory }: ThreadOptions): Driver {
  // An error that it does not answer with is a defect of ours, and ends the coordinator: nobody listens for it.
  const thread = new Worker(program, { workerData: { path, directory } satisfies ThreadOrder });
  const waiting = new Map<number, (answer: Answer) => void>();
  thread.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer));
  let count = 0;
  let isClosed = false;
  let isFree: Promise<void> = Promise.resolve();
  let free = (): void => undefined;

  function ask(sql: string, parameters: readonly unknown[] = []): Promise<Answer> {
    if (isClosed) return Promise.reject(new Error('the store is closed'));
    const id = ++count;
    return new Promise((resolve, reject) => {
      const problem = `the store does not answer within ${answerWithinMs / 1000} s: ${remedyOf(directory)}`;
      const late = setTimeout(() => settle({ id, rows: [], changes: 0, problem }), answerWithinMs);
      const settle = (answer: Answer): void => {
        clearTimeout(late);
        waiting.delete(id);
        if (answer.problem === undefined) resolve(answer);
        else reject(new Error(answer.problem));
      };
      waiting.set(id, settle);
      tell({ type: 'query', id, sql, parameters });
    });
  }

  function tell(question: Question): void {
    thread.postMessage(question);
  }

  /** Nobody waits for it: whatever is asked for later comes after it. One where nothing has begun changes nothing. */
  function rollBack(): void {
    ask('rollback').catch(() => undefined);
  }

  const connection: DatabaseConnection = {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, changes } = await ask(sql, parameters);
      return { rows: rows as Row[], numAffectedRows: BigInt(changes) };
    },
    // biome-ignore lint/correctness/useYield: nothing here is large enough to be read in parts.
    async *streamQuery(): AsyncGenerator<never> {
      throw new Error('rows are read at once');
    },
  };

  return {
    init: async () => undefined,
    async acquireConnection() {
      const before = isFree;
      let release = (): void => undefined;
      isFree = new Promise((resolve) => {
        release = resolve;
      });
      // Whoever has it gives it back in time: each query of theirs has a deadline.
      await before;
      free = release;
      return connection;
    },
    releaseConnection: async () => free(),
    async beginTransaction() {
      try {
        await ask('begin');
      } catch (error) {
        // It may have begun after all, and the next one could not.
        rollBack();
        throw error;
      }
    },
    commitTransaction: async () => void (await ask('commit')),
    rollbackTransaction: async () => rollBack(),
    async destroy() {
      const ended = new Promise<void>((resolve) => void thread.once('exit', () => resolve()));
      tell({ type: 'close' });
      try {
        await withDeadline(ended, answerWithinMs, 'the close of the store');
      } finally {
        // Where its disk hangs, nothing more waits for it.
        isClosed = true;
        thread.unref();
        for (const [id, settle] of waiting) settle({ id, rows: [], changes: 0, problem: 'the store is closed' });
      }
    },
  };
}
