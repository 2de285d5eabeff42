/** Who a selector finds on the real kernel: sockets, pidfiles, families, control groups, recycled pids. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  rmdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Protection } from '../../agent/core/protection.ts';
import type { Freshness } from '../../agent/host/freshness.ts';
import { createProcessFinder } from '../../agent/host/process-finder.ts';
import { createProcessReader } from '../../agent/host/process-table.ts';
import { leash } from '../../proto/codec.ts';
import { type Pid, parsePid } from '../../proto/identity.ts';
import type { Selector } from '../../proto/selector.ts';
import { createBootClock } from '../../shared/boot-clock.ts';
import { type AgentRig, startAgentRig, unprivileged } from '../rig/agent.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { planFor } from '../rig/inject.ts';
import { distFolder } from '../rig/project.ts';
import { unless, unlessUnprivileged } from '../rig/requirement.ts';
import { until } from './harness/until.ts';
import { startVictim, type Victim } from './harness/victim.ts';

type Shell = ChildProcessByStdio<Writable, Readable, null>;

const isRoot = process.getuid?.() === 0;
const directory = makeTestDirectory();
const reader = createProcessReader();
const find = createProcessFinder({ reader });
/** Only what this test started: other processes of the machine may have the same names. */
const ours: Selector = { descendantsOf: { pid: parsePid(process.pid) } };
/** In a container not even root may look at everything of pid 1. */
const onlyInit: Protection = ({ identity }) => (identity.pid === 1 ? ['it is pid 1'] : []);
const ownPidNamespace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const shells: Shell[] = [];
const victims: Victim[] = [];

afterEach(async () => {
  await Promise.all(victims.splice(0).map((victim) => victim.stop()));
  for (const shell of shells.splice(0)) {
    shell.stdin.end();
    if (shell.exitCode === null && shell.signalCode === null) await once(shell, 'exit');
  }
});
afterAll(() => directory.remove());

/** A shell by another name; it runs the script, which says when it is ready, and ends at the end of its input. */
async function startShell(name: string, script = 'echo ready; read -r line'): Promise<Shell & { readonly pid: Pid }> {
  const path = join(directory.path, name);
  if (!existsSync(path)) symlinkSync('/bin/bash', path);
  const shell = spawn(path, ['-c', script, name], { stdio: ['pipe', 'pipe', 'inherit'] });
  shells.push(shell);
  await once(shell.stdout, 'data');
  return shell as Shell & { readonly pid: Pid };
}

async function start(name: string, ...args: readonly string[]): Promise<Victim> {
  const victim = await startVictim(name, ...args);
  victims.push(victim);
  return victim;
}

async function found(selector: Selector, freshness: Freshness = 'now'): Promise<readonly number[] | string> {
  const { matches, refusals } = await find(await reader.readTable(freshness), selector, onlyInit);
  if (refusals.length > 0) return refusals.map(({ reason, message }) => `${reason}: ${message}`).join('; ');
  return matches.map(({ process }) => process.identity.pid);
}

describe('a port', () => {
  async function startListener() {
    const victim = await start('listener.mjs');
    const [, tcp, udp, worker] = /ready (\d+) (\d+) (\d+)/.exec(victim.output()) ?? [];
    return { pid: victim.identity.pid, tcpPort: Number(tcp), udpPort: Number(udp), workerPid: Number(worker) };
  }

  unless(isRoot, 'root')(
    'finds everyone who holds the listening socket, and nobody who is connected to it',
    async () => {
      const { pid, tcpPort, udpPort, workerPid } = await startListener();
      const client = connect(tcpPort, '127.0.0.1');
      await once(client, 'connect');
      expect(await found({ port: tcpPort })).toEqual([pid, workerPid].sort((one, other) => one - other));
      expect(await found({ port: udpPort })).toEqual([pid]);
      expect(await found({ port: client.localPort! })).toEqual([]);
      client.destroy();
    },
  );

  unlessUnprivileged()('is refused by name where the agent may not look at all sockets', async () => {
    const { tcpPort } = await startListener();
    // The capabilities of the default unit.
    const [command = '', ...args] = unprivileged({ uid: 65_534, capabilities: '+kill,+sys_ptrace' });
    const program = [process.execPath, join(distFolder, 'leash-agent.js'), 'ps', `port=${tcpPort}`];
    const config = ['--config-dir', '/nonexistent/leash', '--run-dir', '/nonexistent/leash'];
    const { status, stderr, stdout } = spawnSync(command, [...args, ...program, ...config], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(stderr).toMatch(/sockets-hidden: .* sockets of \d+ processes .*CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE/);
    expect(status).toBe(3);
  });
});

describe('a pidfile', () => {
  const path = join(directory.path, 'app.pid');

  test('finds its process', async () => {
    const { pid } = await startShell('daemon');
    writeFileSync(path, `${pid}\n`);
    expect(await found({ pidfile: path })).toEqual([pid]);
    expect(await found({ pidfile: path, name: 'other' })).toEqual([]);
  });

  test('that is older than the process whose pid it holds is refused as stale', async () => {
    const { pid } = await startShell('daemon');
    writeFileSync(path, `${pid}\n`);
    const beforeSeconds = Date.now() / 1000 - 60;
    utimesSync(path, beforeSeconds, beforeSeconds);
    expect(await found({ pidfile: path })).toMatch(/^pidfile-stale: .*process \d+ \(daemon\) started \d+ ms after/);
    expect(await found({ ...ours, not: { pidfile: path } })).toMatch(/^pidfile-stale/);
  });

  test('whose process has ended is refused as stale', async () => {
    const shell = await startShell('daemon');
    writeFileSync(path, `${shell.pid}\n`);
    shell.stdin.end();
    await once(shell, 'exit');
    expect(await found({ pidfile: path })).toMatch(/^pidfile-stale: .* is gone/);
  });
});

test('descendants are found at any depth, and the excluded ones left out', async () => {
  const inner = `"${join(directory.path, 'leaf')}" -c "echo ready; read -r line" leaf`;
  symlinkSync('/bin/bash', join(directory.path, 'leaf'));
  const { pid } = await startShell('root-shell', `bash -c '${inner.replaceAll("'", '"')}; true' branch; true`);
  const below = (await found({ descendantsOf: { pid, name: 'root-shell' } })) as readonly number[];
  expect(below).toHaveLength(2);
  expect(await found({ descendantsOf: { pid }, name: 'leaf' })).toEqual([below[1]]);
  expect(await found({ descendantsOf: { pid }, exclude: { name: 'leaf' } })).toEqual([below[0]]);
  expect(await found({ parent: { pid } })).toEqual([below[0]]);
});

test('memory and processor time above a figure are found as they are now', async () => {
  const [busy, idle] = await Promise.all([start('busy.mjs'), startShell('idle')]);
  const both: Selector = { anyOf: [{ pid: busy.identity.pid }, { pid: idle.pid }] };
  expect(await found({ ...both, cpuAbovePercent: 10 })).toEqual([busy.identity.pid]);
  // A Node process, and a shell.
  expect(await found({ ...both, memoryAboveBytes: 25 * 2 ** 20 })).toEqual([busy.identity.pid]);
  expect(await found({ ...both, memoryAboveBytes: 2 ** 40 })).toEqual([]);
});

describe('a control group', () => {
  const root = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find(isWritable);

  /** A cgroup of the test's own, which is where systemd or a container runtime would have put the process. */
  async function placed(
    parts: readonly string[],
    judge: (cgroup: string, pid: number) => Promise<void>,
  ): Promise<void> {
    const folders = parts.map((_part, index) => join(root as string, ...parts.slice(0, index + 1)));
    for (const folder of folders) mkdirSync(folder, { recursive: true });
    const shell = await startShell('placed');
    writeFileSync(join(folders.at(-1) as string, 'cgroup.procs'), String(shell.pid));
    try {
      await judge(`/${parts.join('/')}`, shell.pid);
    } finally {
      shell.stdin.end();
      await once(shell, 'exit');
      for (const folder of folders.reverse()) await until('the cgroup is empty', () => isRemoved(folder));
    }
  }

  const own = `leash-test-${process.pid}`;
  const onlyThere = unless(isRoot && root !== undefined, 'root and a writable control group');

  onlyThere('finds the processes in it, those below it, and those of its unit', async () => {
    await placed([`${own}.slice`, `${own}.service`, 'workers'], async (cgroup, pid) => {
      expect(await found({ cgroup })).toEqual([pid]);
      expect(await found({ cgroup: `/${own}.slice` })).toEqual([]);
      expect(await found({ cgroupTree: `/${own}.slice` })).toEqual([pid]);
      expect(await found({ unit: `${own}.service` })).toEqual([pid]);
      expect(await found({ ...ours, name: 'placed', not: { unit: `${own}.service` } })).toEqual([]);
    });
  });

  onlyThere('finds the processes of a container by the beginning of its id', async () => {
    const id = 'c0ffee'.repeat(10).padEnd(64, '0');
    await placed([own, `docker-${id}.scope`], async (_cgroup, pid) => {
      expect(await found({ container: id.slice(0, 12) })).toEqual([pid]);
      expect(await found({ container: id })).toEqual([pid]);
      expect(await found({ container: 'c0ffee000000' })).toEqual([]);
    });
  });
});

test('a process that executes another program right after its start is found by that one at once', async () => {
  const shell = await startShell('before', 'echo ready; read -r line; exec sleep 60');
  expect(await found({ ...ours, name: 'before' }, 'recently')).toEqual([shell.pid]);
  shell.stdin.write('go\n');
  await until('it has executed sleep', () => reader.readProcess(shell.pid)?.name === 'sleep');
  expect(await found({ pid: shell.pid, name: 'sleep' }, 'recently')).toEqual([shell.pid]);
  expect(await found({ pid: shell.pid, name: 'before' }, 'recently')).toEqual([]);
  shell.kill('SIGKILL');
});

test('a process that changed long after its start is never found as what it was', async () => {
  // Twenty seconds on, every process of this test counts as settled, and what was read of it as recent.
  let laterMs = 20_000;
  const realBootMs = createBootClock();
  const bootMs = () => realBootMs() + laterMs;
  const settled = createProcessReader({ bootMs });
  const finding = createProcessFinder({ reader: settled, bootMs });
  const shell = await startShell('before', 'echo ready; read -r line; exec sleep 60');
  await settled.readTable();
  laterMs += 1000;
  shell.stdin.write('go\n');
  await until('it has executed sleep', () => reader.readProcess(shell.pid)?.name === 'sleep');
  const table = await settled.readTable('recently');
  expect(table.processes.get(shell.pid)?.name).toBe('before');
  expect(await finding(table, { pid: shell.pid, name: 'before' }, () => [])).toEqual({ matches: [], refusals: [] });
  shell.kill('SIGKILL');
});

unlessUnprivileged()('a recycled pid is never taken for the process that had it', async () => {
  for (const name of ['alpha', 'beta']) symlinkSync('/bin/sleep', join(directory.path, name));
  const script = [
    'echo ready',
    'while read -r name; do',
    '  [ -z "$pid" ] || { kill -KILL "$pid"; wait "$pid"; } 2>/dev/null',
    '  echo 499 > /proc/sys/kernel/ns_last_pid',
    `  "${directory.path}/$name" 60 & pid=$!`,
    '  echo "$name $pid"',
    'done',
  ].join('\n');
  const [command = '', ...args] = [...ownPidNamespace, 'bash', '-c', script];
  const unshare = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  shells.push(unshare);
  let output = '';
  unshare.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  await until('the namespace is ready', () => output.includes('ready'));
  const [inner] = (await found({ parent: { pid: parsePid(unshare.pid) } })) as readonly number[];
  const realBootMs = createBootClock();
  const settled = createProcessReader({ procRoot: `/proc/${inner}/root/proc`, bootMs: () => realBootMs() + 20_000 });
  const pid = parsePid(500);

  unshare.stdin.write('alpha\n');
  await until('alpha runs', () => output.includes('alpha 500') && settled.readProcess(pid)?.name === 'alpha');
  const before = (await settled.readTable()).processes.get(pid);
  expect((await settled.readTable('recently')).processes.get(pid)).toBe(before);
  unshare.stdin.write('beta\n');
  await until('beta runs', () => output.includes('beta 500') && settled.readProcess(pid)?.name === 'beta');
  const after = (await settled.readTable('recently')).processes.get(pid);
  expect([before?.name, after?.name]).toEqual(['alpha', 'beta']);
  // Nothing of the successor is taken for the former one's. In the same tick the two have one identity; then all is the successor's.
  const whole = settled.readEach([before!]);
  let step = whole.next();
  while (!step.done) step = whole.next();
  for (const { name, cmdline } of step.value.values()) {
    expect([name, cmdline[0]]).toEqual(['beta', join(directory.path, 'beta')]);
  }
});

describe('a plan', () => {
  let rig: AgentRig;
  beforeAll(async () => {
    // The agent may be another user's.
    chmodSync(directory.path, 0o755);
    rig = await startAgentRig();
  });
  afterAll(() => rig.dispose());

  const plan = (selector: leash.v1.ISelector, choice: leash.v1.IChoice) =>
    planFor(rig.client, { kind: 'process.pause', selector, choice });

  test('takes the oldest or the newest, and says so', async () => {
    const pids: number[] = [];
    for (let index = 0; index < 3; index += 1) {
      const { pid } = await startShell('replica');
      const startedAt = reader.readProcess(pid)?.identity.startTimeTicks ?? 0;
      // Start times are told in ticks: the next one starts in a later tick.
      await until('a tick has passed', () => createBootClock()() > startedAt * 10 + 20);
      pids.push(pid);
    }
    const replicas = { name: 'replica', descendantsOf: { pid: process.pid } };
    const { Mode, Order } = leash.v1;
    const oldest = await plan(replicas, { mode: Mode.MODE_ONE, seed: 'x', order: Order.ORDER_OLDEST });
    expect(oldest.targets?.map(({ identity }) => identity?.pid)).toEqual([pids[0]]);
    expect(oldest.choiceReason).toBe('one of 3, the oldest');
    const newest = await plan(replicas, { mode: Mode.MODE_PERCENT, percent: 70, seed: 'x', order: Order.ORDER_NEWEST });
    expect(newest.targets?.map(({ identity }) => identity?.pid)).toEqual(pids.slice(1));
    expect(newest.choiceReason).toBe('70% of 3 = 2.1, rounded down to 2, the newest');
    const none = await plan(replicas, { mode: Mode.MODE_RANDOM_MAX_PERCENT, percent: 30, seed: 'x' });
    expect(none.refusals?.map(({ reason }) => reason)).toEqual(['percent-rounds-to-zero']);
  });

  test('for a stale pidfile is refused by name, and takes nothing', async () => {
    const { pid } = await startShell('daemon');
    const path = join(directory.path, 'stale.pid');
    writeFileSync(path, String(pid));
    utimesSync(path, 1, 1);
    const reply = await plan({ pidfile: path }, { mode: leash.v1.Mode.MODE_ALL });
    expect(reply.targets).toEqual([]);
    expect(reply.refusals?.map(({ reason }) => reason)).toEqual(['pidfile-stale']);
  });
});

function isWritable(folder: string): boolean {
  try {
    accessSync(join(folder, 'cgroup.procs'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
