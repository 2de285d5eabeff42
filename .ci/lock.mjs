// Writes package-lock.json: `node .ci/lock.mjs`, after any change of dependencies.
//
// npm leaves packages of other platforms out of the lock where the registry at hand does not carry them, and `npm ci`
// then refuses the lock everywhere. They are added here by name, version and platform, without an integrity: none is
// installed on Linux, the only system that Leash runs on.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], { cwd: root, stdio: 'inherit' });

const lock = JSON.parse(readFileSync(path, 'utf8'));
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isThere(place, name)) continue;
    const { os, cpu } = platformOf(name);
    lock.packages[`${place === '' ? '' : `${place}/`}node_modules/${name}`] = {
      version,
      cpu,
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      os,
    };
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([one], [other]) => (one < other ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);

/** As Node resolves it: in the package's own folder, or in one above. */
function isThere(place, name) {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

function platformOf(name) {
  const words = name.split(/[/-]/);
  const systems = [
    'android',
    'darwin',
    'freebsd',
    'linux',
    'netbsd',
    'openbsd',
    'openharmony',
    'sunos',
    'win32',
    'aix',
  ];
  const os = systems.find((system) => words.includes(system)) ?? (words.includes('fsevents') ? 'darwin' : 'none');
  const arches = ['arm64', 'arm', 'x64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'mips64el', 'wasm32'];
  const cpu = arches.find((arch) => words.includes(arch));
  // A Linux variant that the registry lacks (musl, say) must not be taken for this machine's own.
  return { os: [os === 'linux' ? 'none' : os], cpu: [cpu ?? 'none'] };
}
