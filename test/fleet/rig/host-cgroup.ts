/**
 * A cgroup of its own for each booted host, in every hierarchy of the machine, so that its systemd rules nothing else
 * (cgroups(7); both versions, and the hybrid of them).
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../rig/until.ts';

export interface HostCgroup {
  /** Where a process goes to be in all of them. */
  readonly directories: readonly string[];
  /** Whether the machine has version 2 alone. */
  readonly isUnified: boolean;
  /** When nobody is left in them; a kernel takes a moment to see that. */
  remove(): Promise<void>;
}

/** @param name nobody else's: it is made, and removed with everything below it. */
export function makeHostCgroup(name: string): HostCgroup {
  const hierarchies = mountsOf();
  const directories = hierarchies.map(({ path }) => join(path, name));
  for (const directory of directories) {
    mkdirSync(directory);
    fillCpuset(directory);
  }
  return {
    directories,
    isUnified: hierarchies.every(({ type }) => type === 'cgroup2'),
    remove: async () => {
      for (const directory of directories) {
        await until(`${directory} is removed`, () => removed(directory), 10_000);
      }
    },
  };
}

function mountsOf(): readonly { readonly path: string; readonly type: string }[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, path = '', type]) => (type === 'cgroup' || type === 'cgroup2') && path.startsWith('/sys/fs/cgroup'))
    .map(([, path = '', type = '']) => ({ path, type }));
}

/** In version 1 a new group may run nowhere until it is told where. */
function fillCpuset(directory: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    try {
      writeFileSync(join(directory, file), readFileSync(join(directory, '..', file), 'utf8').trim());
    } catch {
      // Another hierarchy.
    }
  }
}

function removed(directory: string): boolean {
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) removed(join(directory, entry.name));
    }
    rmdirSync(directory);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
