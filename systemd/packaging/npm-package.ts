/** The package for npm: both programs as bundles, with the two dependencies that no bundle can hold. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { products } from './product.ts';
import { normalize } from './staging.ts';

export interface NpmPlan {
  readonly projectFolder: string;
  readonly version: string;
  /** Empty. */
  readonly root: string;
  readonly epochSeconds: number;
  readonly outDirectory: string;
}

const bundles = [...new Set(products.flatMap((product) => product.bundles))];
const outside = ['koffi', 'libsql'];
/** What makes the rest of the folder. */
const makersOnly = ['systemd/packaging', 'systemd/reference', 'systemd/generate.mjs'];
const packWithinMs = 120_000;

/** @returns its path. */
export function buildNpmPackage({ projectFolder, version, root, epochSeconds, outDirectory }: NpmPlan): string {
  const project = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'));
  mkdirSync(join(root, 'dist'));
  for (const bundle of bundles) cpSync(join(projectFolder, 'dist', bundle), join(root, 'dist', bundle));
  for (const [from, to] of [
    ['proto/leash', 'proto/leash'],
    ['systemd', 'systemd'],
    ['LICENSE', 'LICENSE'],
    ['README.md', 'README.md'],
  ] as const) {
    cpSync(join(projectFolder, from), join(root, to), {
      recursive: true,
      filter: (path) => !makersOnly.includes(relative(projectFolder, path)),
    });
  }
  const { name, description, license, type, engines, os, bin } = project;
  const dependencies = Object.fromEntries(outside.map((one) => [one, project.dependencies[one]]));
  const manifest = { name, version, description, license, type, engines, os, bin, dependencies };
  writeFileSync(join(root, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const program of Object.values(bin as Readonly<Record<string, string>>)) {
    const path = join(root, program);
    writeFileSync(path, `#!/usr/bin/env node\n${readFileSync(path, 'utf8').replace(/^#!.*\n/, '')}`);
  }
  normalize(root, epochSeconds);
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', outDirectory], {
    cwd: root,
    timeout: packWithinMs,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return join(outDirectory, `${name}-${version}.tgz`);
}
