/** Everything that is released, built twice: the same to the byte, for both processors, and it runs where it is installed. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeVersion } from '../../../systemd/packaging/architecture.ts';
import { projectFolder } from '../../rig/project.ts';
import { unless } from '../../rig/requirement.ts';
import { until } from '../../rig/until.ts';
import { bootedTest, bootFleet } from '../rig/booted-fleet.ts';

const run = promisify(execFile);
const buildWithinMs = 900_000;
const products = ['leash', 'leash-agent'];
/** As dpkg says it, and as an ELF header does (elf(5), e_machine). */
const machines = { amd64: 0x3e, arm64: 0xb7 } as const;
type Architecture = keyof typeof machines;
const architectures = Object.keys(machines) as readonly Architecture[];
const version = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')).version as string;

/** For dpkg the unpacked package of a file. */
async function unpack(file: string, into: string): Promise<string> {
  mkdirSync(into, { recursive: true });
  if (file.endsWith('.deb')) await run('dpkg-deb', ['--extract', file, into]);
  else await run('tar', ['--extract', '--gzip', '--file', file, '--directory', into]);
  return into;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function machineOf(path: string): number | undefined {
  const bytes = readFileSync(path).subarray(0, 20);
  return bytes.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1')) ? bytes.readUInt16LE(18) : undefined;
}

describe('the packages', () => {
  let folder: string;
  let built: string;
  let sums: string;

  /** In a directory of its own and with other habits of whoever builds; the commit is the same, and so is its time. */
  async function build(name: string, habits: NodeJS.ProcessEnv, umask: string): Promise<string> {
    const [source, out] = [join(folder, name, 'source'), join(folder, name, 'out')];
    mkdirSync(source, { recursive: true });
    const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
      cwd: projectFolder,
    });
    for (const path of stdout.split('\n').filter(Boolean)) cpSync(join(projectFolder, path), join(source, path));
    symlinkSync(join(projectFolder, 'node_modules'), join(source, 'node_modules'));
    const program = `umask ${umask}; node node_modules/tsup/dist/cli-default.js --config .tsup.mjs --silent && node dist/package.js --out "$1"`;
    await run('sh', ['-euc', program, 'build', out], {
      cwd: source,
      env: { ...process.env, SOURCE_DATE_EPOCH: '1790000000', ...habits },
      timeout: buildWithinMs,
      maxBuffer: 1 << 24,
    });
    return out;
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'leash-packages-'));
    built = await build('first', { TZ: 'UTC', LC_ALL: 'C' }, '022');
    sums = readFileSync(join(built, 'SHA256SUMS'), 'utf8');
  }, buildWithinMs);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are .deb and tarball of each program for each processor, and one for npm, each with its checksum', async () => {
    const each = products.flatMap((product) => architectures.map((one) => `${product}_${version}_${one}`));
    const names = [
      ...each.flatMap((name) => [`${name}.deb`, `${name}.tar.gz`, `${name}.cdx.json`]),
      `leash-${version}.tgz`,
    ];
    expect(readdirSync(built).sort()).toEqual([...names, 'SHA256SUMS'].sort());
    const { stdout } = await run('sha256sum', ['--check', 'SHA256SUMS'], { cwd: built });
    expect(stdout.trim().split('\n').sort()).toEqual(names.map((name) => `${name}: OK`).sort());
  });

  it('are the same to the byte from another directory, at another time, by somebody with other habits', {
    timeout: buildWithinMs,
  }, async () => {
    const again = await build('second/deeper', { TZ: 'Asia/Kathmandu', LC_ALL: 'C.UTF-8' }, '077');
    expect(readFileSync(join(again, 'SHA256SUMS'), 'utf8')).toBe(sums);
    process.stderr.write(`built twice, the same:\n${sums}`);
  });

  describe.each(products)('%s', (product) => {
    it.each(architectures)('has a Node of its own for %s, and native code for no other', async (architecture) => {
      const name = `${product}_${version}_${architecture}`;
      const { stdout } = await run('dpkg-deb', ['--field', join(built, `${name}.deb`), 'Architecture', 'Version']);
      expect(stdout).toBe(`Architecture: ${architecture}\nVersion: ${version}\n`);
      const [deb, tarball] = [
        await unpack(join(built, `${name}.deb`), join(folder, name, 'deb')),
        await unpack(join(built, `${name}.tar.gz`), join(folder, name, 'tarball')),
      ];
      const native = filesBelow(deb).flatMap((path) => {
        const machine = machineOf(path);
        return machine === undefined ? [] : [[path.slice(deb.length), machine] as const];
      });
      expect(native.map(([path]) => path)).toContain(`/usr/lib/${product}/node`);
      expect(native.some(([path]) => path.endsWith('.node'))).toBe(true);
      for (const [path, machine] of native) expect(machine, path).toBe(machines[architecture]);
      const listed = (root: string): readonly string[] =>
        filesBelow(root)
          .map((path) => path.slice(root.length))
          .sort();
      expect(listed(tarball)).toEqual(listed(deb));
    });

    it.each(architectures)('for %s says what is in it, inside and beside it', async (architecture) => {
      const name = `${product}_${version}_${architecture}`;
      const beside = readFileSync(join(built, `${name}.cdx.json`), 'utf8');
      const { stdout } = await run('sh', [
        '-euc',
        'dpkg-deb --fsys-tarfile "$1" | tar --extract --to-stdout "./usr/share/doc/$2/sbom.cdx.json"',
        'sbom',
        join(built, `${name}.deb`),
        product,
      ]);
      expect(stdout).toBe(beside);
      const { components } = JSON.parse(beside) as { components: { name: string; version: string }[] };
      expect(components).toContainEqual(expect.objectContaining({ version: nodeVersion }));
      expect(components.map((one) => one.name)).toEqual(expect.arrayContaining(['koffi', '@grpc/grpc-js', 'pino']));
    });
  });

  unless(process.getuid?.() === 0, 'root')(
    'the one for npm is installed without any script, and runs a demo',
    async () => {
      const prefix = join(folder, 'prefix');
      const options = ['install', '--global', '--ignore-scripts', '--no-fund', '--no-audit', '--prefix', prefix];
      await run('npm', [...options, join(built, `leash-${version}.tgz`)], { timeout: 300_000 });
      const program = (name: string, ...words: readonly string[]) =>
        run(join(prefix, 'bin', name), [...words], { cwd: '/', timeout: 120_000, maxBuffer: 1 << 24 });
      for (const name of products) expect((await program(name, '--version')).stdout).toBe(`${version}\n`);
      const { readiness } = JSON.parse((await program('leash-agent', 'check', '--json')).stdout);
      expect(readiness).toContainEqual(expect.objectContaining({ name: 'native calls', ready: true }));
      expect(JSON.parse((await program('leash', 'demo', '--json')).stdout)).toBeTypeOf('object');
    },
    300_000,
  );

  bootedTest(
    'a tarball that is unpacked at / runs as a service, and a purge of the .deb leaves nothing',
    async () => {
      const fleet = await bootFleet(['tarred', 'purged'], { programs: 'none' });
      try {
        const [tarred, purged] = [fleet.hosts[0]!, fleet.hosts[1]!];
        const name = `leash-agent_${version}_${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
        await tarred.write('/srv/agent.tar.gz', readFileSync(join(built, `${name}.tar.gz`)));
        await tarred.must('tar', '--extract', '--gzip', '--file', '/srv/agent.tar.gz', '--directory', '/');
        await tarred.must('systemd-sysusers');
        await tarred.must('systemd-tmpfiles', '--create', 'leash-agent.conf');
        await tarred.must('systemctl', 'daemon-reload');
        await tarred.must('systemctl', 'enable', '--now', 'leash-agent');
        expect(await tarred.must('leash-agent', 'status')).toContain('armed');

        const file = `/srv/${basename(name)}.deb`;
        await purged.write(file, readFileSync(join(built, `${name}.deb`)));
        const present = async (): Promise<readonly string[]> =>
          (await purged.must('sh', '-euc', listFiles)).split('\n').filter((path) => !isOfDpkg.test(path));
        const before = new Set(await present());
        await purged.must('apt-get', 'install', '-y', '-q', file);
        await until('the agent answers', async () => (await purged.run('leash-agent', 'status')).code === 0);
        const installed = await present();
        expect(installed.length).toBeGreaterThan(before.size);
        await purged.must('apt-get', 'purge', '-y', '-q', 'leash-agent');
        expect((await present()).filter((path) => !before.has(path))).toEqual([]);
        expect((await purged.run('systemctl', 'cat', 'leash-agent')).code).not.toBe(0);
      } finally {
        await fleet.dispose();
      }
    },
    300_000,
  );
});

const listFiles =
  'find / -xdev -ignore_readdir_race \\( -path /proc -o -path /sys -o -path /tmp -o -path /root \\) -prune -o -print; find /run/leash 2>/dev/null || true';
/** What dpkg, apt and the journal themselves keep, and the copies that sysusers makes of the files of users. */
const isOfDpkg =
  /^\/var\/(?:lib\/(?:dpkg|apt|systemd)|cache|log|tmp)\b|^\/etc\/(?:passwd|group|shadow|gshadow)-?$|^\/run\/(?!leash)/;
