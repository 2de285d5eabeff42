/** Leash as it was at an earlier commit, built from the history of this repository. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { projectFolder } from './project.ts';

/** Whether the commit is at hand: a shallow clone has none but its own. */
export function hasHistory(commit: string): boolean {
  return spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: projectFolder }).status === 0;
}

/** @returns the folder of its source. Inside the project, so that it finds its packages. */
export function olderSource(commit: string): string {
  const folder = join(projectFolder, 'node_modules/.cache/leash-older', commit);
  if (existsSync(join(folder, 'agent'))) return folder;
  mkdirSync(folder, { recursive: true });
  const paths = ['agent', 'proto', 'shared', 'package.json'];
  const archive = execFileSync('git', ['archive', '--format=tar', commit, ...paths], {
    cwd: projectFolder,
    maxBuffer: 2 ** 28,
  });
  execFileSync('tar', ['--extract', '--directory', folder], { input: archive });
  return folder;
}

/** @returns the folder with its `leash-agent.js` and what that needs beside it. */
export function olderPrograms(commit: string): string {
  const source = olderSource(commit);
  const outdir = join(source, 'dist');
  buildSync({
    absWorkingDir: source,
    entryPoints: { 'leash-agent': 'agent/main.ts', 'leash-holder': 'agent/holders/main.ts' },
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['koffi', 'libsql'],
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
    logLevel: 'error',
  });
  return outdir;
}
