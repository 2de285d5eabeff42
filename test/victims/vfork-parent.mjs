/**
 * Its main thread runs; a worker of it is inside vfork: posix_spawn(3) waits for a child that waits to open a FIFO.
 *
 *   node vfork-parent.mjs FIFO
 */

import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { libc } from './libc.mjs';

if (isMainThread) {
  new Worker(fileURLToPath(import.meta.url), { workerData: process.argv[2] }).once('message', () => {
    process.stdout.write('ready\n');
  });
  setInterval(() => {}, 5);
} else {
  const { parentPort } = await import('node:worker_threads');
  const init = libc.func('int posix_spawn_file_actions_init(void *actions)');
  const addOpen = libc.func(
    'int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, unsigned int mode)',
  );
  const spawn = libc.func(
    'int posix_spawn(_Out_ int *pid, const char *path, void *actions, void *attributes, const char **argv, const char **env)',
  );
  const actions = Buffer.alloc(256);
  init(actions);
  addOpen(actions, 0, workerData, 0, 0);
  parentPort.postMessage('about to');
  spawn([0], '/bin/true', actions, null, ['true', null], [null]);
}
