/** What saturates a host: programs that never sleep, and programs that touch more memory than their group may have. */
import { type ChildProcess, spawn } from 'node:child_process';
import { victimProgram } from '../host/harness/build.ts';
import type { CpuCgroup } from './cpu-cgroup.ts';

export interface Hogs {
  stop(): Promise<void>;
}

/** All in one session, as a service and its workers are. They end with this process. */
export function startCpuHogs(count: number, cgroup: CpuCgroup | undefined): Hogs {
  return startEach(count, cgroup, ['/bin/sh', '-c', 'while :; do :; done']);
}

/** Each writes and unmaps `bytes` over and over: page faults, zeroing, and the kernel's locks of it. */
export function startMemoryHogs(count: number, bytes: number, cgroup: CpuCgroup | undefined): Hogs {
  return startEach(count, cgroup, [process.execPath, victimProgram('thrash.mjs'), String(bytes)]);
}

function startEach(count: number, cgroup: CpuCgroup | undefined, program: readonly string[]): Hogs {
  const children: ChildProcess[] = [];
  for (let started = 0; started < count; started += 1) {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...program], { stdio: 'ignore' });
    if (child.pid !== undefined) cgroup?.enter(child.pid);
    children.push(child);
  }
  return {
    async stop() {
      const ends = children.map((child) => new Promise((resolve) => child.once('exit', resolve)));
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(ends);
    },
  };
}
