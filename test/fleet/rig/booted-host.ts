/**
 * A host that is really booted: Debian's systemd as process 1 of a PID, mount, IPC and network namespace of its own
 * (systemd-nspawn(1)), on an overlay that only it sees. What it writes stays over a reboot and over a loss of power.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommandResult } from '../../rig/fleet.ts';
import type { NetworkHost } from '../../rig/hosts.ts';
import { isAlive, listPids } from '../../rig/proc.ts';
import { projectFolder } from '../../rig/project.ts';
import { until } from '../../rig/until.ts';
import { type HostCgroup, makeHostCgroup } from './host-cgroup.ts';
import { childrenOf, innerPidOf, isInPidNamespace, pidNamespaceOf } from './namespace.ts';

export interface BootedHost extends Pick<NetworkHost, 'name' | 'ipv4' | 'cut' | 'mend' | 'setLink'> {
  /** Runs a program inside, as root, to its end; its exit code is part of the answer. */
  run(...words: readonly string[]): Promise<CommandResult>;
  /** The same for what must succeed. @returns its standard output. @throws Error with what it wrote. */
  must(...words: readonly string[]): Promise<string>;
  /** A file of the host, written while it is off or on. Parents are made. */
  write(path: string, text: string | Buffer, mode?: number): Promise<void>;
  read(path: string): Promise<string>;
  /** The pid by which the machine knows the process that the host knows by this one. */
  pidOutside(pid: number): number;
  pidInside(pidOutside: number): number;
  /** All processes of the host that live, as the machine numbers them. */
  pidsOutside(): readonly number[];
  /** MainPID of a unit, as the machine numbers it; 0 where it has none. */
  mainPid(unit: string): Promise<number>;
  boot(): Promise<void>;
  /** `systemctl reboot`, and up again. */
  reboot(): Promise<void>;
  /** Everything of it dies at one instant. Its disk keeps what was written: the machine's own page cache is not lost. */
  losePower(): Promise<void>;
  isOn(): boolean;
  /** What its console said. */
  console(): string;
  dispose(): Promise<void>;
}

export interface HostPlace {
  /** A directory of the host's own, on a file system that can be the upper layer of an overlay. */
  readonly directory: string;
  /** The tree that it is booted from. */
  readonly tree: string;
  readonly network: NetworkHost;
  /** Directories of this machine that it sees, read-only, by the path that it sees them at. */
  readonly sees?: Readonly<Record<string, string>>;
  /** Directories of the host, by its own paths, that lie on the machine's file system itself: no overlay is above it. */
  readonly plain?: readonly string[];
}

const bootScript = join(projectFolder, 'test/fleet/rig/boot.sh');
const bootWithinMs = 120_000;
const offWithinMs = 60_000;
export const commandWithinMs = 120_000;

/** It is off until `boot`. Needs root. */
export function makeBootedHost({ directory, tree, network, sees = {}, plain = [] }: HostPlace): BootedHost {
  const [upper, work, merged] = ['upper', 'work', 'merged'].map((part) => join(directory, part)) as [
    string,
    string,
    string,
  ];
  for (const path of [upper, work, merged]) mkdirSync(path, { recursive: true });
  const plainAt = (path: string): string => join(directory, 'plain', path);
  for (const path of plain) mkdirSync(plainAt(path), { recursive: true });
  const consolePath = join(directory, 'console.log');
  const cgroup: HostCgroup = makeHostCgroup(`leash-fleet-${process.pid}-${network.name}`);
  let leader: ChildProcess | undefined;
  /** Process 1 of the host, and the namespace by which its others are known. */
  let init = 0;
  let namespace = '';
  writeUpper('etc/hostname', `${network.name}\n`);
  // Without one systemd takes this for its first boot, and starts whatever the distribution would have started.
  writeUpper('etc/machine-id', `${randomBytes(16).toString('hex')}\n`, 0o444);
  writeUpper('etc/hosts', `127.0.0.1 localhost ${network.name}\n`);

  function writeUpper(path: string, text: string | Buffer, mode = 0o644): void {
    const file = join(upper, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
  }

  function enter(words: readonly string[], input?: string | Buffer): Promise<CommandResult> {
    const inside = ['--target', String(init), '--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wd', '--'];
    const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const clean = ['env', '-i', path, 'HOME=/root', 'LC_ALL=C.UTF-8', 'NO_COLOR=1', 'DEBIAN_FRONTEND=noninteractive'];
    return collect('nsenter', [...inside, ...clean, ...words], input);
  }

  async function must(...words: readonly string[]): Promise<string> {
    const { code, output, errors } = await enter(words);
    if (code === 0) return output;
    const isUnit = words[0] === 'systemctl' || errors.includes('systemctl status');
    const journal = isUnit ? (await enter(['journalctl', '--no-pager', '--lines=25', '--output=cat'])).output : '';
    throw new Error(`${network.name}: ${words.join(' ')} exited with ${code}: ${errors}${output}${journal}`);
  }

  async function boot(): Promise<void> {
    const log = openSync(consolePath, 'a', 0o600);
    const overlay = `lowerdir=${tree},upperdir=${upper},workdir=${work}`;
    const words = [
      // With the test, however that ends.
      ...['setpriv', '--pdeathsig', 'KILL', '--', 'unshare', '--mount', '--propagation', 'private', '--'],
      ...['sh', bootScript, overlay, merged, ...cgroup.directories, '--'],
      ...['systemd-nspawn', '--quiet', '--boot', `--directory=${merged}`, `--machine=${network.name}`],
      ...['--register=no', '--keep-unit', '--settings=no', '--link-journal=no', '--resolv-conf=off', '--timezone=off'],
      ...['--capability=all', '--kill-signal=SIGRTMIN+3', '--console=pipe'],
      `--network-namespace-path=${network.namespacePath}`,
      ...Object.entries(sees).map(([inside, outside]) => `--bind-ro=${outside}:${inside}`),
      ...plain.map((path) => `--bind=${plainAt(path)}:${path}`),
    ];
    const [program = '', ...args] = words;
    const unified = cgroup.isUnified ? '1' : '0';
    const env = { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: unified, SYSTEMD_SECCOMP: '0' };
    const child = spawn(program, args, { stdio: ['ignore', log, log], env });
    closeSync(log);
    leader = child;
    const started = Promise.race([
      new Promise<never>((_resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code) => reject(new Error(`${network.name} ended with ${code}: ${consoleText()}`)));
      }),
      isUp(child.pid ?? 0),
    ]);
    await started;
  }

  async function isUp(leaderPid: number): Promise<void> {
    init = await until('process 1 is there', () => childrenOf(leaderPid).find(isSystemd), bootWithinMs);
    namespace = pidNamespaceOf(init);
    await until(
      `${network.name} is up`,
      async () => {
        const { output } = await enter(['systemctl', 'is-system-running']);
        return /^(running|degraded)/.test(output);
      },
      bootWithinMs,
    );
  }

  async function off(): Promise<void> {
    await until(`${network.name} is off`, () => !isOn() && pidsOutside().length === 0, offWithinMs);
    leader = undefined;
  }

  function isOn(): boolean {
    return leader !== undefined && leader.exitCode === null && leader.signalCode === null;
  }

  function pidsOutside(): readonly number[] {
    return listPids().filter((pid) => isInPidNamespace(pid, namespace) && isAlive(pid));
  }

  async function losePower(): Promise<void> {
    if (!leader) return;
    // When process 1 of a PID namespace dies, the kernel ends all others with it (pid_namespaces(7)).
    if (init !== 0 && isInPidNamespace(init, namespace)) process.kill(init, 'SIGKILL');
    leader.kill('SIGKILL');
    await off();
  }

  function consoleText(): string {
    return readFileSync(consolePath, 'utf8');
  }

  return {
    name: network.name,
    ipv4: network.ipv4,
    cut: network.cut,
    mend: network.mend,
    setLink: network.setLink,
    run: (...words) => enter(words),
    must,
    async write(path, text, mode = 0o644) {
      if (!isOn()) return writeUpper(path, text, mode);
      await must('mkdir', '-p', dirname(path));
      const script = 'cat >"$1" && chmod "$2" "$1"';
      const { code, errors } = await enter(['sh', '-c', script, 'write', path, mode.toString(8)], text);
      if (code !== 0) throw new Error(`${network.name}: ${path} was not written: ${errors}`);
    },
    read: (path) => must('cat', path),
    pidOutside: (pid) => {
      const found = pidsOutside().find((outside) => innerPidOf(outside) === pid);
      if (found === undefined) throw new Error(`${network.name} has no process ${pid}`);
      return found;
    },
    pidInside: innerPidOf,
    pidsOutside,
    async mainPid(unit) {
      const inside = Number(await must('systemctl', 'show', '--property=MainPID', '--value', unit));
      return inside === 0 ? 0 : (pidsOutside().find((outside) => innerPidOf(outside) === inside) ?? 0);
    },
    boot,
    async reboot() {
      await enter(['systemctl', 'reboot']);
      await off();
      await boot();
    },
    losePower,
    isOn,
    console: consoleText,
    async dispose() {
      await losePower();
      await cgroup.remove();
    },
  };
}

function isSystemd(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'systemd\n' && innerPidOf(pid) === 1;
  } catch {
    return false;
  }
}

function collect(program: string, args: readonly string[], input: string | Buffer = ''): Promise<CommandResult> {
  const child = spawn(program, args, { timeout: commandWithinMs, killSignal: 'SIGKILL' });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  // What it did not want to read is no failure.
  child.stdin.on('error', () => undefined).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, output, errors }));
  });
}
