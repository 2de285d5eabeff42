/** The port `StressKernel` over the real kernel. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { readFileSystem } from '../host/file-system.ts';
import { createHostUsage } from '../host/host-usage.ts';
import { readMemory } from '../host/memory.ts';
import { startIdleThreads } from '../host/native/idle-threads.ts';
import { mapMemory } from '../host/native/memory-map.ts';
import { readTasksLimit } from '../host/stress-cgroup.ts';
import { blockBytes } from './data-mover.ts';
import { openNamelessFile } from './nameless-file.ts';
import type { HeldResource, StressKernel } from './stress-kernel.ts';
import { startThreads } from './worker-threads.ts';

/** @param programPath of this holder, for the threads that it starts. @param stressCgroup that it has moved to. */
export function createLinuxStress(programPath: string, stressCgroup: string | undefined): StressKernel {
  const usage = createHostUsage();

  return {
    hostMemory: () => readMemory(),
    holdMemory: mapMemory,
    cpus: availableParallelism,
    burnCpu({ threads, loadPercent, rampMs }) {
      const stop = stopCell();
      return startThreads(programPath, stop, Array(threads).fill({ work: 'burn-cpu', loadPercent, rampMs, stop }));
    },
    fileSystem: readFileSystem,
    openNameless: openNamelessFile,
    moveData({ file, workers, bytesPerSecond, readPercent }) {
      const stop = stopCell();
      const bytes = Math.floor(file.bytes / workers / blockBytes) * blockBytes;
      const orders = Array.from({ length: workers }, (_, index) => ({
        work: 'move-data' as const,
        descriptor: file.descriptor,
        offset: index * bytes,
        bytes,
        bytesPerSecond: bytesPerSecond / workers,
        readPercent,
        stop,
      }));
      return startThreads(programPath, stop, orders);
    },
    openFiles: usage.openFiles,
    ownFilesMax() {
      const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
      return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
    },
    holdOpenFiles,
    tasks: usage.tasks,
    stressTasks: () => (stressCgroup === undefined ? undefined : readTasksLimit(stressCgroup)),
    holdTasks: startIdleThreads,
  };
}

function holdOpenFiles(count: number): HeldResource {
  const descriptors: number[] = [];
  const release = (): void => {
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  };
  try {
    while (descriptors.length < count) descriptors.push(openSync('/dev/null', 'r'));
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

function stopCell(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}
