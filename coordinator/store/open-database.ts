/** SQLite by libsql: one connection, write-ahead log, and every commit on the disk before it is answered. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import Database from 'libsql';
import { ensurePrivateDirectory } from '../../shared/durable-file.ts';
import { migrate, type Tables } from './schema.ts';

const busyTimeoutMs = 2000;

export interface OpenDatabase {
  readonly database: Kysely<Tables>;
  close(): Promise<void>;
}

/**
 * @param directory absolute; made with mode 0700 where it is missing.
 * @throws Error when another process has it open: two coordinators over one directory would each end the other's runs.
 */
export async function openDatabase(directory: string): Promise<OpenDatabase> {
  await ensurePrivateDirectory(directory);
  const path = join(directory, 'coordinator.db');
  // SQLite gives the files that it adds (-wal, -shm) the mode of the database, so that it is right from the first byte.
  closeSync(openSync(path, 'a', 0o600));
  const connection = new Database(path);
  connection.pragma(`busy_timeout = ${busyTimeoutMs}`);
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  const database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: connection as never }) });
  const close = async (): Promise<void> => {
    // The driver keeps the file open until its statements are collected: the lock is given back by hand.
    connection.pragma('locking_mode = NORMAL');
    connection.prepare('SELECT count(*) FROM sqlite_master').get();
    await database.destroy();
  };
  try {
    // Taken at the next write, and then kept. Only after the first access in WAL mode can it be given back.
    connection.prepare('SELECT count(*) FROM sqlite_master').get();
    connection.pragma('locking_mode = EXCLUSIVE');
    connection.exec('BEGIN IMMEDIATE; COMMIT');
    await migrate(database);
    return { database, close };
  } catch (error) {
    await close();
    throw error;
  }
}
