/** The sub-cgroup that stressors move to, so that they never compete with the agent inside its own (cgroups(7)). */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const roots = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

/** @returns the directory, made if need be; undefined where no service manager delegated a cgroup to this service. */
export function prepareStressCgroup(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  if (!environment.INVOCATION_ID) return undefined;
  const path = /^0::(\/.+\.service)$/m.exec(readFileSync('/proc/self/cgroup', 'latin1'))?.[1];
  if (!path) return undefined;
  for (const root of roots) {
    try {
      const directory = join(root, path, 'stress');
      mkdirSync(directory, { recursive: true, mode: 0o755 });
      return directory;
    } catch {
      // Not the unified hierarchy, or not delegated.
    }
  }
  return undefined;
}
