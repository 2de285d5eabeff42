/** The sub-cgroup that stressors move to, so that they never compete with the agent inside its own (cgroups(7)). */
import { accessSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Usage } from '../holders/stress-kernel.ts';
import { hasCode } from './native/system-call.ts';

const roots = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];
/** Of all stressors together, where the kernel can be made to keep it. */
const tasksMax = 4096;

/** @returns the directory, made if need be; undefined where no service manager delegated a cgroup to this service. */
export function prepareStressCgroup(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  if (!environment.INVOCATION_ID) return undefined;
  // With DelegateSubgroup=agent the agent is one level below what is delegated, and only then can that be given limits.
  const path = /^0::(\/.+\.service)(\/agent)?$/m.exec(readFileSync('/proc/self/cgroup', 'latin1'))?.[1];
  if (!path) return undefined;
  for (const root of roots) {
    try {
      // Below a root of the other kind there is no such group, and a directory that were made there would hold nobody.
      accessSync(join(root, path, 'cgroup.procs'));
      const directory = join(root, path, 'stress');
      mkdirSync(directory, { recursive: true, mode: 0o755 });
      limitTasks(join(root, path), directory);
      return directory;
    } catch {
      // Not the unified hierarchy, or not delegated.
    }
  }
  return undefined;
}

/** @returns undefined for a cgroup without a limit of its own. The files are the same in both versions of cgroups. */
export function readTasksLimit(cgroup: string): Usage | undefined {
  try {
    const max = Number(readFileSync(join(cgroup, 'pids.max'), 'latin1'));
    // "max"
    if (Number.isNaN(max)) return undefined;
    return { used: Number(readFileSync(join(cgroup, 'pids.current'), 'latin1')), max };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** A cgroup that has processes of its own cannot hand the controller on: then `stress.pids` is refused by name. */
function limitTasks(delegated: string, directory: string): void {
  try {
    writeFileSync(join(delegated, 'cgroup.subtree_control'), '+pids');
    if (!readTasksLimit(directory)) writeFileSync(join(directory, 'pids.max'), String(tasksMax));
  } catch {
    // Without a limit.
  }
}
