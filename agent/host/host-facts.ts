/** What the agent says of its host when it is asked to describe it. Read from files: no program is started for it. */
import { readFileSync } from 'node:fs';
import { availableParallelism, hostname, release } from 'node:os';
import { readMemory } from './memory.ts';
import { readBootId } from './process-identity.ts';

export interface HostFacts {
  readonly host: string;
  readonly bootId: string;
  /** "Linux 6.1.0-18-amd64" */
  readonly kernel: string;
  /** PRETTY_NAME of os-release(5); empty where there is none. */
  readonly os: string;
  readonly cpus: number;
  readonly memoryBytes: number;
}

export function readHostFacts(procRoot = '/proc', osReleasePath = '/etc/os-release'): HostFacts {
  return {
    host: hostname(),
    bootId: readBootId(procRoot),
    kernel: `Linux ${release()}`,
    os: readPrettyName(osReleasePath),
    cpus: availableParallelism(),
    memoryBytes: readMemory(procRoot).totalBytes,
  };
}

function readPrettyName(path: string): string {
  try {
    return /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}
