/**
 * Places for stressors of a test: a directory that an agent's user may write, a small file system, a limited cgroup. They
 * are gone when the test is over, and an agent that was started after them before that.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type AgentUser, livingHolders, startAgent, type TestAgent, unprivilegedUser } from './agent.ts';
import { until } from './until.ts';

/** On whatever file system the temporary directory is. */
export function makeStressDirectory(user: AgentUser): string {
  const path = mkdtempSync(join(tmpdir(), 'leash-stress-'));
  if (user === 'unprivileged') give(path);
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A file system in memory of that size, which the test alone uses. Needs root. */
export function mountSmallFileSystem(user: AgentUser, bytes: number): string {
  const path = makeStressDirectory(user);
  const uid = user === 'unprivileged' ? unprivilegedUser().uid : 0;
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700,uid=${uid}`, 'leash-test', path]);
  // A process that was killed keeps its files for a moment after its memory, and with it its command line, is gone.
  onTestFinished(async () => void (await until('the file system is unmounted', () => unmounted(path), 2000, 10)));
  return path;
}

export function hasPidsController(): boolean {
  return pidsRoot() !== undefined;
}

/** A cgroup with a limit of tasks, of either version. Needs root and the controller. */
export function makeLimitedCgroup(user: AgentUser, tasksMax: number): string {
  const path = join(pidsRoot() ?? '', `leash-test-${process.pid}-${Math.floor(performance.now())}`);
  mkdirSync(path);
  onTestFinished(async () => void (await until('the cgroup is empty', () => removed(path), 2000)));
  writeFileSync(join(path, 'pids.max'), String(tasksMax));
  if (user === 'unprivileged') {
    for (const file of [path, join(path, 'cgroup.procs')]) give(file);
  }
  return path;
}

export async function startStressAgent(user: AgentUser): Promise<TestAgent> {
  const agent = await startAgent(user);
  onTestFinished(async () => {
    await agent.stop();
    await until('no holder is left', () => livingHolders().length === 0, 2000);
  });
  return agent;
}

function give(path: string): void {
  const { uid, gid } = unprivilegedUser();
  chownSync(path, uid, gid);
}

function unmounted(path: string): boolean {
  return spawnSync('umount', [path]).status === 0;
}

function removed(cgroup: string): boolean {
  try {
    rmdirSync(cgroup);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw error;
  }
}

/** Where cgroups with a limit of tasks can be made. */
function pidsRoot(): string | undefined {
  const mounts = readFileSync('/proc/mounts', 'latin1')
    .split('\n')
    .map((line) => line.split(' '));
  const first = mounts.find(([, , type, options]) => type === 'cgroup' && options?.split(',').includes('pids'));
  if (first) return first[1];
  const unified = mounts.find(([, , type]) => type === 'cgroup2')?.[1];
  if (unified === undefined) return undefined;
  const controllers = readFileSync(join(unified, 'cgroup.subtree_control'), 'latin1').trim().split(' ');
  return controllers.includes('pids') ? unified : undefined;
}
