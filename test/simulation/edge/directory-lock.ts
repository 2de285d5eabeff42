/** In place of `shared/directory-lock.ts`, whose flock(2) is a native call. */
import { lock } from './node-fs-promises.ts';

export function lockDescriptor(fd: number, path: string): void {
  lock(fd, path);
}
