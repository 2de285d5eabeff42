/** The agent's look at what stressors take of the host. */
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { ProcessIdentity } from '../../proto/identity.ts';
import { createBootClock } from '../../shared/boot-clock.ts';
import type { StressView } from '../faults/stress-view.ts';
import { readFileSystem } from './file-system.ts';
import { createHostUsage } from './host-usage.ts';
import { readMemory } from './memory.ts';
import type { ProcStat } from './proc-stat.ts';
import { readUnlessGone, unlessGone } from './read-stat.ts';

/** Of what st_blocks counts, whatever the file system's own blocks are (stat(2)). */
const blockBytes = 512;

/** @param statOf exactly that process, and no later one with its number. */
export function createStressView(
  procRoot: string,
  statOf: (identity: ProcessIdentity) => ProcStat | undefined,
): StressView {
  const bootMs = createBootClock();
  const usage = createHostUsage(procRoot);

  function isGone(identity: ProcessIdentity): boolean {
    const stat = statOf(identity);
    return !stat || ((stat.state === 'Z' || stat.state === 'X') && stat.threads <= 1);
  }

  /** The names of the descriptors that it has open. */
  function descriptorsOf(identity: ProcessIdentity): readonly string[] | undefined {
    return isGone(identity) ? undefined : unlessGone(() => readdirSync(`${procRoot}/${identity.pid}/fd`));
  }

  return {
    bootMs,
    cpus: availableParallelism,
    memory: () => readMemory(procRoot),
    openFiles: usage.openFiles,
    threadCount: (identity) => (isGone(identity) ? 0 : (statOf(identity)?.threads ?? 0)),
    ranMs(identity) {
      if (isGone(identity)) return undefined;
      const folder = `${procRoot}/${identity.pid}/task`;
      // Nanoseconds on a CPU come first (scheduler/sched-stats of the kernel's documentation).
      const ranNs = (unlessGone(() => readdirSync(folder)) ?? []).map((tid) =>
        Number.parseInt(readUnlessGone(`${folder}/${tid}/schedstat`) ?? '0', 10),
      );
      return ranNs.reduce((sum, ns) => sum + ns, 0) / 1e6;
    },
    fileSystem(directory) {
      try {
        return readFileSystem(directory);
      } catch {
        return undefined;
      }
    },
    namelessBytes(identity) {
      const folder = `${procRoot}/${identity.pid}/fd`;
      return descriptorsOf(identity)?.reduce((sum, descriptor) => {
        const file = unlessGone(() => statSync(`${folder}/${descriptor}`));
        return file?.isFile() && file.nlink === 0 ? sum + file.blocks * blockBytes : sum;
      }, 0);
    },
    moved(identity) {
      const text = isGone(identity) ? undefined : readUnlessGone(`${procRoot}/${identity.pid}/io`);
      if (text === undefined) return undefined;
      const bytes = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1]);
      return { readBytes: bytes('rchar'), writtenBytes: bytes('wchar') };
    },
    openDescriptors(identity) {
      // Its size is their number since Linux 6.2; before that it is 0 (proc_pid_fd(5)).
      const size = isGone(identity) ? undefined : unlessGone(() => statSync(`${procRoot}/${identity.pid}/fd`).size);
      return size === 0 ? descriptorsOf(identity)?.length : size;
    },
  };
}
