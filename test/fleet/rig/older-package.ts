/** The agent's package as an earlier commit of this repository makes it, by the packaging of that commit. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { projectFolder } from '../../rig/project.ts';
import { debName } from './built-packages.ts';

/** The first that makes packages. */
export const olderCommit = '607b5d1';
const buildWithinMs = 600_000;

/** @returns the path of the .deb, for the processor of this machine. */
export function buildOlderPackage(directory: string, version: string): string {
  const source = join(projectFolder, 'node_modules/.cache/leash-older', `${olderCommit}-whole`);
  if (!existsSync(join(source, 'dist/package.js'))) build(source);
  const what = ['--product', 'leash-agent', '--arch', debName.architecture, '--form', 'deb', '--release', version];
  execFileSync(process.execPath, [join(source, 'dist/package.js'), '--out', directory, '--quick', ...what], {
    cwd: source,
    timeout: buildWithinMs,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return join(directory, debName.of('leash-agent', version));
}

function build(source: string): void {
  mkdirSync(source, { recursive: true });
  const archive = execFileSync('git', ['archive', '--format=tar', olderCommit], {
    cwd: projectFolder,
    maxBuffer: 2 ** 28,
  });
  execFileSync('tar', ['--extract', '--directory', source], { input: archive });
  if (!existsSync(join(source, 'node_modules')))
    symlinkSync(join(projectFolder, 'node_modules'), join(source, 'node_modules'));
  buildSync({
    absWorkingDir: source,
    entryPoints: {
      'leash-agent': 'agent/main.ts',
      'leash-holder': 'agent/holders/main.ts',
      'leash-selftest-victim': 'agent/app/selftest/victim.ts',
      package: 'systemd/packaging/main.ts',
    },
    outdir: join(source, 'dist'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['koffi', 'libsql', 'esbuild'],
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
    logLevel: 'error',
  });
}
