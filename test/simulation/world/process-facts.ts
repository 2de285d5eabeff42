/** What the /proc of a simulated host says of its processes. */
import type { Likeness, ProcessFacts, ProcessTable } from '../../../agent/core/process.ts';
import { type ProcessIdentity, parsePid } from '../../../proto/identity.ts';
import type { Host } from './host.ts';
import type { Process } from './process.ts';

const tickMs = 10;

export function identityOf({ host, pid, startTicks }: Process): ProcessIdentity {
  return { bootId: host.bootId, pid: parsePid(pid), startTimeTicks: startTicks };
}

export function factsOf(process: Process): ProcessFacts {
  const { plan, parent } = process;
  return {
    identity: identityOf(process),
    parentPid: parent?.pid ?? 0,
    name: plan.program,
    state: stateOf(process),
    uid: plan.uid,
    gid: plan.uid,
    user: plan.uid === 0 ? 'root' : 'shop',
    exe: plan.isKernelThread ? undefined : `/usr/bin/${plan.program}`,
    cmdline: plan.isKernelThread ? [] : [`/usr/bin/${plan.program}`],
    cgroup: '/',
    threads: 1,
    residentBytes: 1e6,
    sessionId: process.pid,
    isKernelThread: plan.isKernelThread === true,
  };
}

export function tableOf(host: Host): ProcessTable {
  const processes = new Map(
    [...host.processes()].map((process) => {
      const facts = factsOf(process);
      return [facts.identity.pid, facts] as const;
    }),
  );
  return { bootId: host.bootId, processes };
}

/** The letter of proc_pid_stat(5). */
export function stateOf({ tracer, isStopped, isStressing }: Process): string {
  if (tracer) return 't';
  if (isStopped) return 'T';
  return isStressing ? 'R' : 'S';
}

/** The youngest that is like it and started since. */
export function successorOf(host: Host, like: Likeness, notBeforeBootMs?: number): ProcessIdentity | undefined {
  const fromTicks = notBeforeBootMs === undefined ? like.identity.startTimeTicks : Math.floor(notBeforeBootMs / tickMs);
  let found: Process | undefined;
  for (const process of host.processes()) {
    const isFormer = process.pid === like.identity.pid && process.startTicks === like.identity.startTimeTicks;
    if (isFormer || process.plan.program !== like.name || process.startTicks < fromTicks) continue;
    if (!found || process.startTicks > found.startTicks) found = process;
  }
  return found && identityOf(found);
}
