/** The packages as users get them, built from the programs as they are; compressed less, since nobody downloads them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { distFolder, projectFolder } from '../../rig/project.ts';

export type ProductName = 'leash-agent' | 'leash';

const buildWithinMs = 600_000;
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

export const debName = {
  architecture,
  of: (product: ProductName, version: string): string => `${product}_${version}_${architecture}.deb`,
};

/** @returns the path of the .deb, for the processor of this machine. */
export async function buildPackage(directory: string, product: ProductName, version = '0.1.0'): Promise<string> {
  const path = join(directory, debName.of(product, version));
  if (existsSync(path)) return path;
  const what = ['--product', product, '--arch', architecture, '--form', 'deb', '--release', version];
  await promisify(execFile)(
    process.execPath,
    [join(distFolder, 'package.js'), '--out', directory, '--quick', ...what],
    {
      cwd: projectFolder,
      timeout: buildWithinMs,
    },
  );
  return path;
}
