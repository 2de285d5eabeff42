// `npm run test:vm -- --kernel DIR`: the faults that this machine's kernel cannot have, in a virtual machine that has its own.
// Software emulation, so it takes minutes. DIR holds an unpacked linux-image package of Debian (`apt-get download
// linux-image-VERSION-cloud-amd64 && dpkg-deb -x`). Needs qemu-system-x86, busybox-static, iproute2, iputils-ping, cpio.
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({ options: { kernel: { type: 'string' }, minutes: { type: 'string', default: '20' } } });
const programs = ['/usr/sbin/ip', '/usr/sbin/tc', '/usr/bin/ping', '/usr/bin/setpriv', '/usr/bin/dd'];
const modules = ['sch_netem', 'sch_prio', 'cls_u32', 'veth', 'virtio_pci', 'virtio_blk'];
const diskBytes = 64 * 2 ** 20;
const native = ['koffi', '@koromix'];
const marker = 'LEASH-VM ';

if (!values.kernel) throw new Error('--kernel DIR: an unpacked linux-image package of Debian');
const folder = mkdtempSync(join(tmpdir(), 'leash-vm-'));
try {
  const image = makeImage(folder, values.kernel);
  const result = await run(image, Number(values.minutes) * 60_000);
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  process.exitCode = result.problem === '' && result.claims.every(({ isTrue }) => isTrue) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Everything that the machine has is in memory: no disk has to be made, and none is left. */
function makeImage(folder, kernelFolder) {
  const tree = join(folder, 'tree');
  for (const name of ['bin', 'sbin', 'proc', 'sys', 'dev', 'tmp', 'run', 'etc', 'var', 'app'])
    mkdirSync(join(tree, name), { recursive: true });
  cpSync('/bin/busybox', join(tree, 'bin/busybox'), { dereference: true });
  for (const name of ['sh', 'mount', 'insmod', 'sleep', 'poweroff', 'echo', 'cat'])
    symlinkSync('busybox', join(tree, 'bin', name));
  mkdirSync(join(tree, 'usr'), { recursive: true });
  for (const program of [process.execPath, ...programs]) copyWithLibraries(program, tree);
  cpSync(process.execPath, join(tree, 'app/node'), { dereference: true });
  cpSync(join(root, 'dist'), join(tree, 'app/dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(tree, 'app/package.json'));
  for (const name of native)
    cpSync(join(root, 'node_modules', name), join(tree, 'app/node_modules', name), { recursive: true });
  buildSync({
    entryPoints: [join(root, 'test/vm/guest.ts')],
    outfile: join(tree, 'app/guest.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['koffi'],
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    logLevel: 'error',
  });
  const version = readdirSync(join(kernelFolder, 'lib/modules'))[0];
  const list = modulesInOrder(join(kernelFolder, 'lib/modules', version), modules);
  mkdirSync(join(tree, 'modules'));
  for (const path of list) cpSync(path, join(tree, 'modules', basename(path)));
  writeFileSync(join(tree, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n');
  writeFileSync(join(tree, 'etc/group'), 'root:x:0:\n');
  writeFileSync(join(tree, 'init'), initScript(list.map((path) => basename(path))), { mode: 0o755 });
  const cpio = join(folder, 'image.cpio');
  execFileSync('sh', ['-c', 'find . | cpio --quiet -o -H newc >"$1"', 'cpio', cpio], { cwd: tree });
  // Only to be read from: what it says does not matter.
  const disk = join(folder, 'disk.raw');
  writeFileSync(disk, '');
  truncateSync(disk, diskBytes);
  return { kernel: join(kernelFolder, 'boot', `vmlinuz-${version}`), cpio, disk };
}

function initScript(names) {
  return `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
mount -t cgroup2 cgroup /sys/fs/cgroup
${names.map((name) => `insmod /modules/${name}`).join('\n')}
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/
cd /app && ./node guest.mjs
poweroff -f
`;
}

function copyWithLibraries(program, tree) {
  const target = join(tree, program);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(program, target, { dereference: true });
  const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+\.so\S*)/g);
  for (const [path] of libraries) {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    cpSync(path, join(tree, path), { dereference: true });
  }
}

/** Each after those that it needs, by the package's own list (depmod has not been run in an unpacked package). */
function modulesInOrder(folder, wanted) {
  const files = new Map();
  const walk = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) walk(join(path, entry.name));
      else if (/\.ko$/.test(entry.name))
        files.set(entry.name.replace(/\.ko$/, '').replaceAll('-', '_'), join(path, entry.name));
    }
  };
  walk(join(folder, 'kernel'));
  const ordered = [];
  const add = (name) => {
    const path = files.get(name);
    // Built in, or not there at all: then the faults are refused, and the claims say so.
    if (!path || ordered.includes(path)) return;
    const needs = execFileSync('modinfo', ['-F', 'depends', path], { encoding: 'utf8' }).trim();
    for (const need of needs === '' ? [] : needs.split(',')) add(need.replaceAll('-', '_'));
    ordered.push(path);
  };
  for (const name of wanted) add(name);
  return ordered;
}

function run({ kernel, cpio, disk }, withinMs) {
  if (!existsSync(kernel)) throw new Error(`${kernel} does not exist`);
  const args = [
    '-nodefaults',
    '-nographic',
    '-no-reboot',
    '-m',
    '2048',
    '-smp',
    '2',
    '-cpu',
    'max',
    '-serial',
    'stdio',
    '-drive',
    `file=${disk},format=raw,if=none,id=disk`,
    '-device',
    'virtio-blk-pci,drive=disk',
  ];
  const child = spawn(
    'qemu-system-x86_64',
    [...args, '-kernel', kernel, '-initrd', cpio, '-append', 'console=ttyS0 quiet panic=-1'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return new Promise((resolve, reject) => {
    let console = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      console += chunk;
      process.stderr.write(chunk);
    });
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      const line = console.split('\n').find((each) => each.includes(marker));
      if (line) resolve(JSON.parse(line.slice(line.indexOf(marker) + marker.length)));
      else reject(new Error(`the machine did not get to its end within ${withinMs / 60_000} min`));
    });
  });
}
