/** Lays a product out as it will be installed: below one directory, with the modes that it will have. */
import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Architecture, nodeVersion } from './architecture.ts';
import type { LockedPackage } from './locked-packages.ts';
import { fetchPackage } from './npm-tarball.ts';
import type { Product } from './product.ts';

export interface StagingPlan {
  readonly product: Product;
  readonly architecture: Architecture;
  readonly version: string;
  readonly projectFolder: string;
  readonly locked: ReadonlyMap<string, LockedPackage>;
  /** Empty; what is made is below it. */
  readonly root: string;
}

/** What is only there to build a package, and would make it four times as large. */
const notShipped =
  /^(?:vendor|doc|cnoke\.cjs|musl_\w+|CHANGELOG\.md|CMakeLists\.txt|.*\.(?:d\.ts|cc|hh|h|c|S|map|asm|inc|def))$/;

export function stage({ product, architecture, version, projectFolder, locked, root }: StagingPlan): void {
  const home = join(root, 'usr/lib', product.name);
  const put = (from: string, to: string): void => {
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to, {
      recursive: true,
      dereference: true,
      filter: (path) => !notShipped.test(path.split('/').at(-1) ?? ''),
    });
  };
  for (const bundle of product.bundles) put(join(projectFolder, 'dist', bundle), join(home, bundle));
  writeFileSync(join(home, 'package.json'), `${JSON.stringify({ name: product.name, version, type: 'module' })}\n`);
  const node = fetchPackage(`node-linux-${architecture.node}`, nodeVersion, architecture.nodeIntegrity);
  put(join(node, 'bin/node'), join(home, 'node'));
  put(join(node, 'LICENSE'), join(root, 'usr/share/doc', product.name, 'node.LICENSE'));
  const native = [...product.nativePackages, ...product.binaryPackage.map((nameFor) => nameFor(architecture.node))];
  for (const name of native) {
    const known = locked.get(name);
    if (!known) throw new Error(`${name} is not in package-lock.json`);
    put(fetchPackage(name, known.version, known.integrity), join(home, 'node_modules', name));
  }
  for (const command of product.commands) {
    mkdirSync(join(root, 'usr/bin'), { recursive: true });
    writeFileSync(join(root, 'usr/bin', command), launcher(`/usr/lib/${product.name}`, command));
  }
  for (const [from, to] of Object.entries(product.files)) put(join(projectFolder, from), join(root, to));
}

/** A small heap is half the memory of an idle agent, at no cost in CPU time. */
function launcher(home: string, command: string): string {
  const options = command === 'leash-agent' ? ' --max-semi-space-size=1 --v8-pool-size=0' : '';
  return `#!/bin/sh\nexport MALLOC_ARENA_MAX=1\nexec ${home}/node${options} ${home}/${command}.js "$@"\n`;
}

/** The same modes and times whoever builds it, and when. */
export function normalize(root: string, epochSeconds: number): void {
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const path = join(root, entry.name);
    if (entry.isDirectory()) normalize(path, epochSeconds);
    else chmodSync(path, isProgram(path) ? 0o755 : 0o644);
    utimesSync(path, epochSeconds, epochSeconds);
  }
  if (lstatSync(root).isDirectory()) {
    chmodSync(root, 0o755);
    utimesSync(root, epochSeconds, epochSeconds);
  }
}

function isProgram(path: string): boolean {
  return /\/usr\/bin\/[^/]+$|\/usr\/lib\/leash(?:-agent)?\/node$|\/DEBIAN\/(?:post|pre)(?:inst|rm)$/.test(path);
}
