/** Limits of a live process (prlimit(1)), and what they leave it. Lowered as a soft limit, so that they can be raised again. */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';

/** Refuses the very next descriptor with EMFILE; those that are open stay so. */
export function refuseDescriptors(pid: number): void {
  const open = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let first = 0;
  while (open.has(first)) first += 1;
  limit(pid, `--nofile=${first}:`);
}

export function allowDescriptors(pid: number): void {
  limit(pid, '--nofile=4096:');
}

/** Refuses every fork with EAGAIN, except to root and to who has CAP_SYS_RESOURCE or CAP_SYS_ADMIN. */
export function refuseForks(pid: number): void {
  limit(pid, '--nproc=1:');
}

export function allowForks(pid: number): void {
  limit(pid, '--nproc=4096:');
}

/** Refuses every write to any file, as a file system does that went read-only under the programs that use it. */
export function refuseWrites(pid: number): void {
  limit(pid, '--fsize=0:');
}

/** As the user of that process, since a limit of another user's takes CAP_SYS_RESOURCE, which containers withhold. */
function limit(pid: number, resource: string): void {
  const { uid, gid } = statSync(`/proc/${pid}`);
  const asUser =
    uid === process.getuid?.() ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
  const [command = '', ...args] = [...asUser, 'prlimit', `--pid=${pid}`, resource];
  execFileSync(command, args, { stdio: 'ignore' });
}
