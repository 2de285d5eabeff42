/** Where a process is in the control groups, by /proc/PID/cgroup (cgroups(7)). */

export interface CgroupPlace {
  readonly cgroup: string;
  readonly unit?: string;
}

const unitExpression = /^[^/]+\.(service|scope|socket|mount|swap)$/;

/** The path in the unified hierarchy, unless that is the root and systemd's own named hierarchy knows better. */
export function parseCgroup(text: string): CgroupPlace {
  let unified: string | undefined;
  let named: string | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('0::')) unified = line.slice('0::'.length);
    else if (line.includes(':name=systemd:'))
      named = line.slice(line.indexOf(':name=systemd:') + ':name=systemd:'.length);
  }
  const cgroup = unified !== undefined && unified !== '/' ? unified : (named ?? unified ?? '');
  const unit = unitIn(cgroup);
  return unit === undefined ? { cgroup } : { cgroup, unit };
}

/** The first part that is not a slice, as systemd itself reads it; below it a unit may name its groups as it likes. */
function unitIn(cgroup: string): string | undefined {
  const part = cgroup.split('/').find((name) => name !== '' && !name.endsWith('.slice'));
  // A leading underscore keeps a unit's name apart from the kernel's own files.
  const name = part?.startsWith('_') ? part.slice(1) : part;
  return name !== undefined && unitExpression.test(name) ? name : undefined;
}
