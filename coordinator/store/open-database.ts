/** SQLite by libsql: one connection, write-ahead log, and every commit on the disk before it is answered. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import Database from 'libsql';
import { lockDescriptor } from '../../shared/directory-lock.ts';
import { ensurePrivateDirectory } from '../../shared/durable-file.ts';
import { migrate, type Tables } from './schema.ts';
import { withToldFailures } from './told-failures.ts';

const busyTimeoutMs = 2000;

export interface OpenDatabase {
  readonly database: Kysely<Tables>;
  close(): Promise<void>;
}

/**
 * @param directory absolute; made with mode 0700 where it is missing.
 * @throws Error when another coordinator has it: two over one directory would each end the other's runs.
 */
export async function openDatabase(directory: string): Promise<OpenDatabase> {
  await ensurePrivateDirectory(directory);
  const unlock = lockDirectory(directory);
  try {
    const path = join(directory, 'coordinator.db');
    // SQLite gives the files that it adds (-wal, -shm) the mode of the database: it is right from the first byte.
    closeSync(openSync(path, 'a', 0o600));
    const connection = new Database(path);
    connection.pragma(`busy_timeout = ${busyTimeoutMs}`);
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    const told = withToldFailures(connection as never, directory);
    const database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: told as never }) });
    await migrate(database);
    return {
      database,
      async close() {
        await database.destroy();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** @returns a function that gives the lock back. @throws Error when it is taken, or cannot be had here. */
function lockDirectory(directory: string): () => void {
  const fd = openSync(join(directory, 'lock'), 'a', 0o600);
  try {
    lockDescriptor(fd, directory, 'another coordinator');
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return () => closeSync(fd);
}
