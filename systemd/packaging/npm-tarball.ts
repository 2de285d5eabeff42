/** Packages of npm that are not installed here, since they are for another processor: fetched once, and checked. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const fetchWithinMs = 600_000;

/**
 * @param integrity "sha512-…", as a lock file has it.
 * @returns a directory with what was in the package.
 * @throws Error when what the registry sent is something else.
 */
export function fetchPackage(name: string, version: string, integrity: string): string {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'leash', 'npm');
  const folder = join(cache, `${name.replaceAll('/', '-')}-${version}-${integrity.slice(7, 15).replaceAll('/', '_')}`);
  if (existsSync(folder)) return join(folder, 'package');
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const making = mkdtempSync(join(cache, 'making-'));
  try {
    const options = { cwd: making, timeout: fetchWithinMs, stdio: ['ignore', 'ignore', 'inherit'] as const };
    execFileSync('npm', ['pack', '--silent', `${name}@${version}`], { ...options, stdio: [...options.stdio] });
    const tarball = readdirSync(making)[0] ?? '';
    const hash = createHash('sha512')
      .update(readFileSync(join(making, tarball)))
      .digest('base64');
    if (`sha512-${hash}` !== integrity) {
      throw new Error(`${name}@${version}: the registry sent sha512-${hash}, not ${integrity}`);
    }
    execFileSync('tar', ['--extract', '--gzip', '--file', tarball], { ...options, stdio: [...options.stdio] });
    rmSync(join(making, tarball));
    renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return join(folder, 'package');
}
