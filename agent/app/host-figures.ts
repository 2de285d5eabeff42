/** What the limits see of the host, for `Describe` and `leash-agent check`. */
import type { HostAbilities } from '../core/binding.ts';
import { readHostStrain } from '../host/host-strain.ts';
import type { HostUsage } from '../host/host-usage.ts';
import { readMemory } from '../host/memory.ts';
import type { HostFigures } from '../limits/limit.ts';

export interface HostFiguresParts {
  readonly usage: HostUsage;
  readonly abilities: HostAbilities;
  readonly cpus: number;
}

/** Undefined where it cannot be read now, for example for want of descriptors: no description fails for that. */
export function readHostFigures(parts: HostFiguresParts): HostFigures | undefined {
  try {
    return read(parts);
  } catch {
    return undefined;
  }
}

function read({ usage, abilities, cpus }: HostFiguresParts): HostFigures {
  const { totalBytes, availableBytes } = readMemory();
  const [files, tasks] = [usage.openFiles(), usage.tasks()];
  return {
    cpus,
    memoryBytes: totalBytes,
    memoryAvailableBytes: availableBytes,
    openFilesFree: files.max - files.used,
    tasksFree: tasks.max - tasks.used,
    ...readHostStrain(),
    hasSupervisor: abilities.hasSupervisor,
    unixMs: Date.now(),
  };
}
