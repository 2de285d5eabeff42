/**
 * The thread that has the database: SQLite waits for its disk here, and whoever halts, renews or answers does not.
 * The whole of `leash-store.js`.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import Database from 'libsql';
import type { Answer, Question, ThreadOrder } from './thread-messages.ts';
import { toldFailure } from './told-failure.ts';

const busyTimeoutMs = 2000;

serve(parentPort as MessagePort, workerData as ThreadOrder);

function serve(port: MessagePort, { path, directory }: ThreadOrder): void {
  let connection: Database.Database | undefined;
  port.on('message', (question: Question) => {
    if (question.type === 'close') {
      connection?.close();
      port.close();
      return;
    }
    const { id, sql, parameters } = question;
    const answer = (rest: Omit<Answer, 'id'>): void => port.postMessage({ id, ...rest } satisfies Answer);
    try {
      connection ??= open(path);
      const statement = connection.prepare(sql);
      if (statement.reader) answer({ rows: statement.all(parameters), changes: 0 });
      else answer({ rows: [], changes: statement.run(parameters).changes });
    } catch (error) {
      answer({ rows: [], changes: 0, problem: toldFailure(error, directory) });
    }
  });
}

/** Write-ahead log, and every commit on the disk before it is answered. */
function open(path: string): Database.Database {
  const connection = new Database(path);
  connection.pragma(`busy_timeout = ${busyTimeoutMs}`);
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  return connection;
}
