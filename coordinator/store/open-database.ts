/** SQLite by libsql: one connection, write-ahead log, and every commit on the disk before it is answered. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import Database from 'libsql';
import { ensurePrivateDirectory } from '../../shared/durable-file.ts';
import { migrate, type Tables } from './schema.ts';

const busyTimeoutMs = 2000;

/** @param directory absolute; made with mode 0700 where it is missing. */
export async function openDatabase(directory: string): Promise<Kysely<Tables>> {
  await ensurePrivateDirectory(directory);
  const path = join(directory, 'coordinator.db');
  // SQLite gives the files that it adds (-wal, -shm) the mode of the database, so that it is right from the first byte.
  closeSync(openSync(path, 'a', 0o600));
  const connection = new Database(path);
  // Two coordinators over one directory would each end the other's runs: the second one does not get in.
  connection.pragma('locking_mode = EXCLUSIVE');
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma(`busy_timeout = ${busyTimeoutMs}`);
  const database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: connection as never }) });
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}
