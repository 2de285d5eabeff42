/**
 * Makes one program of the product and the simulated world. Product code is taken as it is: what it imports from Node,
 * from gRPC and from the kernel is resolved to the edge of the simulated world instead.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import type * as Esbuild from 'esbuild';

type Plugin = Esbuild.Plugin;

/** It finds its own program by its place, so it cannot be part of a bundle. */
const { build } = createRequire(import.meta.url)('esbuild') as typeof Esbuild;

/** A change to one file of the product, made while it is bundled. */
export interface SourceChange {
  /** From the root of the project. */
  readonly file: string;
  /** There exactly once. */
  readonly find: string;
  readonly replace: string;
}

const edge = 'test/simulation/edge';
const product = /^(agent|coordinator|proto|shared)\//;

const modules: Readonly<Record<string, string>> = {
  'node:fs/promises': `${edge}/node-fs-promises.ts`,
  'node:fs': `${edge}/node-fs.ts`,
  'node:timers/promises': `${edge}/node-timers-promises.ts`,
  'node:crypto': `${edge}/node-crypto.ts`,
};
const files: Readonly<Record<string, string>> = {
  'shared/front-door.ts': `${edge}/front-door.ts`,
  'shared/server-options.ts': `${edge}/server-options.ts`,
  'shared/directory-lock.ts': `${edge}/directory-lock.ts`,
  'shared/boot-clock.ts': `${edge}/boot-clock.ts`,
  'agent/host/process-identity.ts': `${edge}/process-identity.ts`,
  'agent/host/read-stat.ts': `${edge}/read-stat.ts`,
  'agent/host/native/thread-scheduling.ts': `${edge}/thread-scheduling.ts`,
  'agent/host/cgroup-folder.ts': `${edge}/cgroups.ts`,
  'agent/host/settings/cgroup-limits.ts': `${edge}/cgroups.ts`,
};

/** @throws Error for a change whose text is not there, or is there more than once. */
export async function bundleWorld(root: string, outfile: string, changes: readonly SourceChange[] = []): Promise<void> {
  await build({
    entryPoints: [join(root, 'test/simulation/worker.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['koffi'],
    inject: [join(root, edge, 'node-timers.ts')],
    plugins: [edges(root), changed(root, changes)],
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    sourcemap: 'inline',
    logLevel: 'silent',
  });
}

function edges(root: string): Plugin {
  return {
    name: 'edge-of-the-world',
    setup({ onResolve }) {
      onResolve({ filter: /^node:/ }, ({ path, importer }) => {
        const simulated = modules[path];
        return simulated && product.test(relative(root, importer)) ? { path: join(root, simulated) } : undefined;
      });
      onResolve({ filter: /^@grpc\/grpc-js$/ }, () => ({ path: join(root, edge, 'grpc.ts') }));
      onResolve({ filter: /^\.\.?\// }, ({ path, importer }) => {
        const file = files[relative(root, resolve(dirname(importer), path))];
        return file && product.test(relative(root, importer)) ? { path: join(root, file) } : undefined;
      });
    },
  };
}

function changed(root: string, changes: readonly SourceChange[]): Plugin {
  const pending = new Set(changes);
  return {
    name: 'changed-source',
    setup({ onLoad, onEnd }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const own = changes.filter(({ file }) => join(root, file) === path);
        if (own.length === 0) return undefined;
        let contents = await readFile(path, 'utf8');
        for (const change of own) {
          const parts = contents.split(change.find);
          if (parts.length !== 2) {
            throw new Error(`${change.file}: found ${parts.length - 1} times, must be there once: ${change.find}`);
          }
          contents = parts.join(change.replace);
          pending.delete(change);
        }
        return { contents, loader: 'ts' };
      });
      onEnd(({ errors }) => {
        if (errors.length > 0 || pending.size === 0) return;
        throw new Error(`not part of the simulated world: ${[...pending].map(({ file }) => file).join(', ')}`);
      });
    },
  };
}
