/** In place of `node:fs`, as far as programs of ours use it at run time. */
import { runningProcess } from '../world/process.ts';

export { constants } from 'node:fs';

/** As with `throwIfNoEntry: false`, which is how ours ask. */
export function lstatSync(path: string): object | undefined {
  return runningProcess().host.disk.find(path) ? {} : undefined;
}

/** There are no links in these worlds. */
export function readlinkSync(path: string): string {
  throw failure('ENOENT', 'readlink', path);
}

/** Of processes only: each has one thread. */
export function readdirSync(path: string): readonly string[] {
  const pid = /^\/proc\/(\d+)\/task$/.exec(path)?.[1];
  if (pid !== undefined && runningProcess().host.process(Number(pid))) return [pid];
  throw failure('ENOENT', 'scandir', path);
}

/** As on a file system of the network, which never tells: polls must do. */
export function watch(): object {
  return { on: () => undefined, close: () => undefined };
}

export function failure(code: string, call: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code, syscall: call, path });
}
