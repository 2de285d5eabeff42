/** A tarball of what a package would install, for a host without dpkg: unpack it at /. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface TarballPlan {
  readonly root: string;
  /** Without ".tar.gz". */
  readonly name: string;
  readonly epochSeconds: number;
  readonly outDirectory: string;
}

const buildWithinMs = 300_000;

/** @returns its path. */
export function buildTarball({ root, name, epochSeconds, outDirectory }: TarballPlan): string {
  const path = join(outDirectory, `${name}.tar.gz`);
  const plain = join(outDirectory, `.${name}.tar`);
  const same = ['--sort=name', `--mtime=@${epochSeconds}`, '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'];
  try {
    execFileSync('tar', ['--create', ...same, '--exclude=./DEBIAN', '--file', plain, '--directory', root, '.'], {
      timeout: buildWithinMs,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    // Node's gzip writes no time and no name into its header.
    writeFileSync(path, gzipSync(readFileSync(plain), { level: 6 }));
  } finally {
    rmSync(plain, { force: true });
  }
  return path;
}
