/** A directory of a test's own, gone afterwards; and a small full disk, which takes root. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestDirectory {
  readonly path: string;
  remove(): void;
}

export function makeDirectory(): TestDirectory {
  const path = mkdtempSync(join(tmpdir(), 'leash-store-'));
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

/** Whether a file system can be mounted here; says loudly what is not tested where it cannot. */
export function canMount(what: string): boolean {
  try {
    mountSmallDisk(64).remove();
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    process.stderr.write(`\nNOT TESTED: ${what}. It needs root and mount(8): ${why}\n`);
    return false;
  }
}

/** As the kernel does when a disk fails under it. Nothing there may be open for writing. */
export function turnReadOnly(path: string): void {
  execFileSync('mount', ['-o', 'remount,ro', path], { stdio: 'pipe' });
}

export function mountSmallDisk(sizeKib: number): TestDirectory {
  const path = mkdtempSync(join(tmpdir(), 'leash-disk-'));
  try {
    const options = `size=${sizeKib}k,mode=0700`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'leash-test', path], { stdio: 'pipe' });
  } catch (error) {
    rmSync(path, { recursive: true });
    throw error;
  }
  return {
    path,
    remove() {
      execFileSync('umount', ['--lazy', path], { stdio: 'pipe' });
      rmSync(path, { recursive: true });
    },
  };
}
