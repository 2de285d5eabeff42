/** A cgroup of the test's own, in whichever version this machine has the controller. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

/** By its path below the hierarchy. */
export const testCgroup = `/leash-test-${process.pid}`;

type Controller = 'cpu' | 'freezer';

export function cgroupMissing(controller: Controller): string | undefined {
  return rootOf(controller) === undefined ? `the controller ${controller} of cgroups` : undefined;
}

/** Made, and gone when the test is over. */
export function enterTestCgroup(controller: Controller, pid: number): string {
  const root = rootOf(controller) ?? '';
  const folder = join(root, testCgroup);
  mkdirSync(folder, { recursive: true });
  onTestFinished(async () => {
    // The victim may be stopped later than this.
    if (existsSync(`/proc/${pid}`)) writeFileSync(join(root, 'cgroup.procs'), String(pid));
    await until('the cgroup is empty', () => removed(folder), 10_000);
  });
  writeFileSync(join(folder, 'cgroup.procs'), String(pid));
  return folder;
}

/** Of version 1, or else of version 2 where it hands the controller on. */
function rootOf(controller: Controller): string | undefined {
  const first = join('/sys/fs/cgroup', controller);
  if (existsSync(join(first, 'cgroup.procs'))) return first;
  return existsSync('/sys/fs/cgroup/cgroup.procs') ? '/sys/fs/cgroup' : undefined;
}

function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
