/** SQLite by libsql, in a thread of its own. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely } from 'kysely';
import { lockDescriptor } from '../../shared/directory-lock.ts';
import { ensurePrivateDirectory } from '../../shared/durable-file.ts';
import { migrate, type Tables } from './schema.ts';
import { threadDialect } from './thread-dialect.ts';

export interface OpenDatabase {
  readonly database: Kysely<Tables>;
  close(): Promise<void>;
}

/**
 * @param directory absolute; made with mode 0700 where it is missing.
 * @param program of the thread, `leash-store.js`.
 * @throws Error when another coordinator has it: two over one directory would each end the other's runs.
 */
export async function openDatabase(directory: string, program: string): Promise<OpenDatabase> {
  await ensurePrivateDirectory(directory);
  const unlock = lockDirectory(directory);
  try {
    const path = join(directory, 'coordinator.db');
    // SQLite gives the files that it adds (-wal, -shm) the mode of the database: it is right from the first byte.
    closeSync(openSync(path, 'a', 0o600));
    const database = new Kysely<Tables>({ dialect: threadDialect({ program, path, directory }) });
    try {
      await migrate(database);
    } catch (error) {
      await database.destroy();
      throw error;
    }
    return {
      database,
      async close() {
        await database.destroy();
        // Not where it failed: its thread may still write, and the end of the program gives the lock back.
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
