/** The containers that a control group belongs to, as their runtimes name the groups. */

/**
 * "/docker/ID", "docker-ID.scope", "cri-containerd-ID.scope", "crio-ID.scope", "libpod-ID.scope/container", and bare ids
 * below a pod's group. The monitors "libpod-conmon-ID.scope" and "crio-conmon-ID.scope" stand outside of their containers.
 */
const partExpression = /^(?:.*[-:])?([0-9a-f]{64})(?:\.scope)?$/;

/** Outermost first: a container may hold others. */
export function containersIn(cgroup: string): readonly string[] {
  return cgroup.split('/').flatMap((part) => (part.includes('conmon-') ? [] : (partExpression.exec(part)?.[1] ?? [])));
}
