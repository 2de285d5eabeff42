/** A cgroup of the test's own, in whichever version this machine has the controller. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

/** By its path below the hierarchy. */
export const testCgroup = `/leash-test-${process.pid}`;

type Controller = 'cpu' | 'freezer' | 'blkio';

export function cgroupMissing(controller: Controller): string | undefined {
  return rootOf(controller) === undefined ? `the controller ${controller} of cgroups` : undefined;
}

/** Made, and gone when the test is over. @param before to leave it. @returns its folder. */
export function makeTestCgroup(controller: Controller, before?: () => void): string {
  const folder = join(rootOf(controller) ?? '', testCgroup);
  mkdirSync(folder, { recursive: true });
  onTestFinished(async () => {
    before?.();
    await until('the cgroup is empty', () => removed(folder), 10_000);
  });
  return folder;
}

export function enterTestCgroup(controller: Controller, pid: number): string {
  const folder = makeTestCgroup(controller, () => {
    // The victim may be stopped later than this.
    if (existsSync(`/proc/${pid}`)) writeFileSync(join(rootOf(controller) ?? '', 'cgroup.procs'), String(pid));
  });
  writeFileSync(join(folder, 'cgroup.procs'), String(pid));
  return folder;
}

/** Whether version 1 has it: there a limit can take more than one file. */
export function isOfVersion1(controller: Controller): boolean {
  return existsSync(join('/sys/fs/cgroup', controller, 'tasks'));
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
