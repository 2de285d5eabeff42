/** Which processes of the machine are a booted host's, and by what number it knows them (pid_namespaces(7)). */
import { readFileSync, readlinkSync } from 'node:fs';

export function childrenOf(pid: number): readonly number[] {
  return (readOr(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number);
}

/** "" for a process that is gone. */
export function pidNamespaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return '';
  }
}

export function isInPidNamespace(pid: number, namespace: string): boolean {
  return namespace !== '' && pidNamespaceOf(pid) === namespace;
}

/** Its number in the innermost namespace; 0 for a process that is gone. */
export function innerPidOf(pid: number): number {
  const numbers = /^NSpid:\s+(.+)$/m.exec(readOr(`/proc/${pid}/status`) ?? '')?.[1]?.split(/\s+/) ?? [];
  return Number(numbers.at(-1) ?? 0);
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
