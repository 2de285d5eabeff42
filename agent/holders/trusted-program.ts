/** Programs of the host's own list: whose they must be, and what they are run with. */
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { HoldFailure } from './hold-failure.ts';

/** Nothing of ours: it may hold secrets. */
export const programEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };

/** Whoever can write the file, or a folder above it, would choose what runs. @throws HoldFailure */
export function refuseWritable(executable: string): void {
  const owners = [0, process.getuid?.() ?? 0];
  for (let path = executable; ; path = dirname(path)) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat) throw new HoldFailure('fault-unavailable', `${path} does not exist`);
    const isExpected = path === executable ? stat.isFile() : stat.isDirectory();
    const isOwn = owners.includes(stat.uid) && (stat.mode & 0o022) === 0;
    if (!isExpected || !isOwn) {
      const message = `${path} must be a ${path === executable ? 'file' : 'folder'} that only its owner, root, can write`;
      throw new HoldFailure('fault-not-allowed', message);
    }
    if (path === '/') return;
  }
}
