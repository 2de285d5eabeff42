/**
 * The file tree that hosts are booted from: a small Debian with systemd, made once by debootstrap(8) and kept in the
 * user's cache. Nothing is ever written to it again; each host has an overlay of its own above it.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const suite = 'bookworm';
/** What a plain server has, and a victim. Services are there, and start when a test says so. */
const basics = ['systemd', 'systemd-sysv', 'dbus', 'iproute2', 'nftables', 'procps', 'redis-server'];
const notStarted = [
  'postgresql.service',
  'redis-server.service',
  'nginx.service',
  'nftables.service',
  // The network is made by the test.
  'systemd-networkd.service',
  'e2scrub_reap.service',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'fstrim.timer',
];
const makeWithinMs = 900_000;

/**
 * Takes minutes the first time, for which it needs root and a Debian mirror (LEASH_FLEET_MIRROR).
 * @param more Debian packages that few tests need; a tree with them is another one.
 */
export async function debianTree(more: readonly string[] = []): Promise<string> {
  const packages = [...basics, ...more];
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'leash');
  const key = createHash('sha256')
    .update(JSON.stringify([suite, packages, notStarted]))
    .digest('hex')
    .slice(0, 8);
  const tree = join(cache, `debian-${suite}-${key}`);
  if (existsSync(tree)) return tree;
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const making = mkdtempSync(join(cache, 'making-'));
  try {
    await make(making, packages);
    renameSync(making, tree);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    // Two at once make the same tree; the one that comes second takes the other's.
    if (!existsSync(tree)) throw error;
  }
  return tree;
}

async function make(tree: string, packages: readonly string[]): Promise<void> {
  const run = (program: string, args: readonly string[]) =>
    promisify(execFile)(program, args, { timeout: makeWithinMs, maxBuffer: 64 * 2 ** 20 });
  const mirror = process.env.LEASH_FLEET_MIRROR ?? 'http://deb.debian.org/debian';
  process.stderr.write(`leash: making a Debian tree for booted hosts from ${mirror}, once…\n`);
  await run('debootstrap', ['--variant=minbase', `--include=${packages.join(',')}`, suite, tree, mirror]);
  const isThere = (unit: string): boolean =>
    ['usr/lib/systemd/system', 'lib/systemd/system'].some((folder) => existsSync(join(tree, folder, unit)));
  await run('systemctl', [`--root=${tree}`, 'disable', ...notStarted.filter(isThere)]);
  for (const leftover of ['var/cache/apt/archives', 'var/log/bootstrap.log', 'etc/machine-id', 'etc/hostname']) {
    rmSync(join(tree, leftover), { recursive: true, force: true });
  }
  mkdirSync(join(tree, 'var/cache/apt/archives/partial'), { recursive: true });
}
