/** What the lock file says: the packages that a product depends on, with their versions and hashes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly dependencies: readonly string[];
}

const schema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      dependencies: z.record(z.string(), z.string()).optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

/** By name; what is installed below another package is left out, since the bundle takes what is on top. */
export function lockedPackages(projectFolder: string): ReadonlyMap<string, LockedPackage> {
  const { packages } = schema.parse(JSON.parse(readFileSync(join(projectFolder, 'package-lock.json'), 'utf8')));
  return new Map(
    Object.entries(packages).flatMap(([path, { version = '', integrity = '', dependencies, optionalDependencies }]) => {
      const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
      if (name === undefined) return [];
      const needed = Object.keys({ ...dependencies, ...optionalDependencies });
      return [[name, { name, version, integrity, dependencies: needed }] as const];
    }),
  );
}

/** A package and all that it needs, by name. */
export function closureOf(roots: readonly string[], all: ReadonlyMap<string, LockedPackage>): readonly LockedPackage[] {
  const found = new Map<string, LockedPackage>();
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const one = all.get(name);
    if (!one || found.has(name)) continue;
    found.set(name, one);
    open.push(...one.dependencies);
  }
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}
