/** A Debian package (deb(5), deb-control(5)), the same to the byte for the same input and SOURCE_DATE_EPOCH. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Architecture } from './architecture.ts';
import type { Product } from './product.ts';
import { normalize } from './staging.ts';

export interface DebPlan {
  readonly product: Product;
  readonly architecture: Architecture;
  readonly version: string;
  /** As `stage` left it. */
  readonly root: string;
  /** The folder of the maintainer scripts. */
  readonly scripts: string;
  readonly epochSeconds: number;
  readonly outDirectory: string;
  /** Larger, and built in a tenth of the time. */
  readonly isQuick?: boolean;
}

const buildWithinMs = 600_000;

/** @returns its path. */
export function buildDeb({
  product,
  architecture,
  version,
  root,
  scripts,
  epochSeconds,
  outDirectory,
  isQuick = false,
}: DebPlan): string {
  const control = join(root, 'DEBIAN');
  const files = filesBelow(root).filter((path) => !path.startsWith('DEBIAN/'));
  mkdirSync(control);
  writeFileSync(join(control, 'control'), controlText(product, architecture, version, installedKib(root, files)));
  const conffiles = files.filter((path) => path.startsWith('etc/'));
  if (conffiles.length > 0) writeFileSync(join(control, 'conffiles'), conffiles.map((path) => `/${path}\n`).join(''));
  writeFileSync(
    join(control, 'md5sums'),
    files
      .map(
        (path) =>
          `${createHash('md5')
            .update(readFileSync(join(root, path)))
            .digest('hex')}  ${path}\n`,
      )
      .join(''),
  );
  for (const name of ['preinst', 'postinst', 'prerm', 'postrm']) {
    const path = join(scripts, `${product.name}.${name}`);
    if (existsSync(path)) writeFileSync(join(control, name), readFileSync(path));
  }
  normalize(root, epochSeconds);
  const path = join(outDirectory, `${product.name}_${version}_${architecture.debian}.deb`);
  // One thread: with more, the blocks of xz depend on how many there were.
  const compression = isQuick ? ['-Zgzip', '-z1'] : ['-Zxz', '-z2', '--threads-max=1'];
  const options = ['--root-owner-group', ...compression, '--build'];
  execFileSync('dpkg-deb', [...options, root, path], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epochSeconds), LC_ALL: 'C' },
    timeout: buildWithinMs,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return path;
}

export function controlText(product: Product, { debian }: Architecture, version: string, installedKiB: number): string {
  return [
    `Package: ${product.name}`,
    `Version: ${version}`,
    `Architecture: ${debian}`,
    'Maintainer: Leash maintainers <leash@example.com>',
    `Installed-Size: ${installedKiB}`,
    // Node's own libraries, setpriv of util-linux, and glibc 2.34 for koffi.
    'Depends: libc6 (>= 2.34), libstdc++6, libgcc-s1, util-linux',
    ...(product.recommends.length > 0 ? [`Recommends: ${product.recommends.join(', ')}`] : []),
    'Section: admin',
    'Priority: optional',
    `Description: ${product.summary}`,
    ...product.description.map((line) => ` ${line}`),
    '',
  ].join('\n');
}

function installedKib(root: string, files: readonly string[]): number {
  return files.reduce((sum, path) => sum + Math.ceil(statSync(join(root, path)).size / 1024), 0);
}

function filesBelow(root: string, folder = root): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(root, path) : [relative(root, path)];
    })
    .sort();
}
