/** Cgroups that share out CPU time, of either version, as a unit with CPUWeight= has one (systemd.resource-control(5)). */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CpuCgroup {
  enter(pid: number): void;
  /** Whoever is still in it goes back to where it was. */
  remove(): void;
}

const ordinaryShares = 1024;
const ordinaryWeight = 100;

/** @param weight 100 is what every other group has. @returns undefined where no such group can be made. */
export function makeCpuCgroup(name: string, weight: number): CpuCgroup | undefined {
  for (const { parent, file, value } of candidates(weight)) {
    const path = join(parent, `leash-bench-${process.pid}-${name}`);
    try {
      mkdirSync(path);
      writeFileSync(join(path, file), String(value));
      return {
        enter: (pid) => writeFileSync(join(path, 'cgroup.procs'), String(pid)),
        remove() {
          try {
            for (const pid of readFileSync(join(path, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean)) {
              writeFileSync(join(parent, 'cgroup.procs'), pid);
            }
            rmdirSync(path);
          } catch {
            // A process of it is still on its way out.
          }
        },
      };
    } catch {
      try {
        rmdirSync(path);
      } catch {
        // It was not made.
      }
    }
  }
  return undefined;
}

/** Beside the group of this process, so that all of them share what this process may have. */
function candidates(weight: number): readonly { parent: string; file: string; value: number }[] {
  const lines = readFileSync('/proc/self/cgroup', 'latin1').trim().split('\n');
  const first = lines.find((line) => /^\d+:([^:]*,)?cpu(,[^:]*)?:/.test(line))?.split(':')[2];
  const unified = lines.find((line) => line.startsWith('0::'))?.slice(3);
  const shares = Math.round((ordinaryShares * weight) / ordinaryWeight);
  return [
    ...(first === undefined
      ? []
      : ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct'].map((root) => ({
          parent: join(root, first),
          file: 'cpu.shares',
          value: shares,
        }))),
    ...(unified === undefined ? [] : [{ parent: join('/sys/fs/cgroup', unified), file: 'cpu.weight', value: weight }]),
  ].filter(({ parent }) => existsSync(join(parent, 'cgroup.procs')));
}
