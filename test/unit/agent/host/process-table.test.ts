import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import psList from 'ps-list';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Freshness } from '../../../../agent/host/freshness.ts';
import { readPageSize } from '../../../../agent/host/page-size.ts';
import { createProcessReader, type ProcessReader } from '../../../../agent/host/process-table.ts';
import { createGroups, createUsers } from '../../../../agent/host/users.ts';
import { parsePid } from '../../../../proto/identity.ts';
import { copyProcTree, ownerByStatus } from './proc-tree.ts';

const pageBytes = readPageSize();

describe('of a captured tree', () => {
  let tree: ReturnType<typeof copyProcTree>;
  let reader: ProcessReader;
  let nowBootMs: number;

  beforeEach(() => {
    tree = copyProcTree('debian-12');
    nowBootMs = 1_000_000;
    reader = createProcessReader({
      procRoot: tree.root,
      ownerOf: ownerByStatus,
      users: createUsers(join(tree.root, 'passwd')),
      groups: createGroups('/nonexistent/group'),
      bootMs: () => nowBootMs,
    });
  });
  afterEach(() => tree.remove());

  /** Writes another name into the stat file, as an exec would. */
  function rename(pid: number, name: string): void {
    const path = join(tree.root, String(pid), 'stat');
    writeFileSync(path, readFileSync(path, 'latin1').replace(/\(.*\)/, `(${name})`));
  }

  async function nameOf(pid: number, freshness: Freshness): Promise<string | undefined> {
    return (await reader.readTable(freshness)).processes.get(parsePid(pid))?.name;
  }

  test('every process is read in order of pid, without those that vanish half-way', async () => {
    const table = await reader.readTable();
    expect(table.bootId).toBe('0b1d2c3e-4f50-4a6b-8c7d-9e0f1a2b3c4d');
    expect([...table.processes.keys()]).toEqual([1, 2, 17, 310, 640, 700, 701, 812, 950]);
  });

  test('a service is read in full, also while its program is being upgraded', () => {
    expect(reader.readProcess(parsePid(701))).toEqual({
      identity: { bootId: reader.bootId, pid: 701, startTimeTicks: 501 },
      parentPid: 700,
      name: 'nginx',
      state: 'S',
      uid: 33,
      gid: 33,
      user: 'www-data',
      exe: '/usr/sbin/nginx',
      cmdline: ['nginx: worker process'],
      cgroup: '/system.slice/nginx.service',
      unit: 'nginx.service',
      threads: 1,
      residentBytes: 3012 * pageBytes,
      sessionId: 700,
      isKernelThread: false,
    });
  });

  test('a name full of traps changes nothing else, and empty arguments are kept', () => {
    expect(reader.readProcess(parsePid(812))).toMatchObject({
      name: 'a) R 1 (b c\nd',
      state: 'S',
      parentPid: 1,
      threads: 3,
      user: 'alice',
      cmdline: ['./odd name', '', '--flag=\ufffd'],
      unit: 'user@1000.service',
    });
  });

  test('kernel threads are known by their flag', async () => {
    const { processes } = await reader.readTable();
    const kernelThreads = [...processes.values()].filter((process) => process.isKernelThread);
    expect(kernelThreads.map((process) => process.identity.pid)).toEqual([2, 17]);
    expect(kernelThreads.every((process) => process.cmdline.length === 0 && process.exe === undefined)).toBe(true);
  });

  test('arguments are cut at 4 KiB', () => {
    writeFileSync(join(tree.root, '812/cmdline'), `${'x'.repeat(5000)}\0`);
    expect(reader.readProcess(parsePid(812))?.cmdline).toEqual(['x'.repeat(4096)]);
  });

  test('a process of a table says the same as when it is read in one piece', async () => {
    for (const process of (await reader.readTable()).processes.values()) {
      const whole = reader.readProcess(process.identity.pid)!;
      const { identity, parentPid, name, state, threads, residentBytes, sessionId, isKernelThread } = process;
      const { uid, gid, user, group, exe, cmdline, cgroup, unit } = process;
      const outline = { identity, parentPid, name, state, threads, residentBytes, sessionId, isKernelThread };
      expect({ ...outline, uid, gid, user, group, exe, cmdline, cgroup, unit }).toEqual(whole);
    }
  });

  test('a process that vanishes after it was listed has no owner, program or arguments', async () => {
    const process = (await reader.readTable()).processes.get(parsePid(812))!;
    rmSync(join(tree.root, '812'), { recursive: true });
    expect([process.uid, process.user, process.exe, process.cmdline, process.cgroup]).toEqual([
      -1,
      undefined,
      undefined,
      [],
      '',
    ]);
  });

  test('what was read recently is not read again, unless the table is to be of now', async () => {
    await reader.readTable();
    rename(701, 'changed');
    nowBootMs += 14_000;
    expect(await nameOf(701, 'recently')).toBe('nginx');
    expect(await nameOf(701, 'now')).toBe('changed');
  });

  test('nothing is believed for longer than 30 seconds', async () => {
    await reader.readTable();
    rename(701, 'changed');
    nowBootMs += 30_000;
    expect(await nameOf(701, 'recently')).toBe('changed');
  });

  test('a process that was read in its first ten seconds is read again: it may exec any moment', async () => {
    nowBootMs = 5010 + 9000;
    await reader.readTable();
    rename(701, 'changed');
    nowBootMs += 2000;
    expect(await nameOf(701, 'recently')).toBe('changed');
  });

  test('another process with the same pid is read, by the inode of its directory', async () => {
    await reader.readTable();
    cpSync(join(tree.root, '701'), join(tree.root, 'next'), { recursive: true });
    rmSync(join(tree.root, '701'), { recursive: true });
    renameSync(join(tree.root, 'next'), join(tree.root, '701'));
    rename(701, 'successor');
    expect(await nameOf(701, 'recently')).toBe('successor');
  });

  test('a process whose parent has ended is read again, and one that has ended is gone', async () => {
    await reader.readTable();
    rmSync(join(tree.root, '700'), { recursive: true });
    rename(701, 'orphan');
    const { processes } = await reader.readTable('recently');
    expect(processes.get(parsePid(701))?.name).toBe('orphan');
    expect(processes.has(parsePid(700))).toBe(false);
  });

  test('arguments are never kept from one look to the next', async () => {
    const before = (await reader.readTable()).processes.get(parsePid(701));
    writeFileSync(join(tree.root, '701/cmdline'), 'another title');
    const after = (await reader.readTable('recently')).processes.get(parsePid(701));
    expect(after).toBe(before);
    expect(after?.cmdline).toEqual(['another title']);
  });

  test('users are read again when the file was replaced', () => {
    expect(reader.readProcess(parsePid(1))?.user).toBe('root');
    writeFileSync(join(tree.root, 'passwd'), 'superuser:x:0:0:::\n');
    expect(reader.readProcess(parsePid(1))?.user).toBe('superuser');
  });

  test('other work gets its turn at least once in 200 processes', async () => {
    for (let pid = 10_000; pid < 10_800; pid += 1) {
      const directory = join(tree.root, String(pid));
      mkdirSync(directory);
      for (const file of ['status', 'cmdline', 'cgroup'])
        symlinkSync(join(tree.root, '701', file), join(directory, file));
      const stat = readFileSync(join(tree.root, '701/stat'), 'latin1');
      writeFileSync(join(directory, 'stat'), stat.replace(/^701/, String(pid)));
    }
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const { processes } = await reader.readTable();
    isDone = true;
    expect(processes.size).toBe(809);
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});

describe('of this host', () => {
  type Victim = ChildProcessByStdio<Writable, Readable, null>;
  const reader = createProcessReader();
  const victims: Victim[] = [];

  /** A shell by another name, which the kernel takes for comm; it says when it is ready and waits for the end of its input. */
  async function startVictim(name: string, argv: readonly string[] = []): Promise<Victim> {
    const path = join(mkdtempSync(join(tmpdir(), 'leash-named-')), name);
    symlinkSync('/bin/bash', path);
    const victim = spawn(path, ['-c', 'echo ready; read -r line', name, ...argv], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    victim.once('exit', () => rmSync(dirname(path), { recursive: true }));
    victims.push(victim);
    await once(victim.stdout, 'data');
    return victim;
  }

  afterEach(async () => {
    for (const victim of victims.splice(0)) {
      victim.stdin.end();
      if (victim.exitCode === null) await once(victim, 'exit');
    }
  });

  test('a process is read as it is', async () => {
    const name = ') S 1 (x\ny';
    const victim = await startVictim(name, ['', 'last one']);
    const facts = reader.readProcess(parsePid(victim.pid));
    expect(facts).toMatchObject({
      name,
      parentPid: process.pid,
      uid: process.geteuid?.(),
      threads: 1,
      isKernelThread: false,
      exe: expect.stringMatching(/\/bash$/),
    });
    expect(facts?.cmdline.slice(3)).toEqual([name, '', 'last one']);
  });

  test('ps says the same of its parent, user and arguments', async () => {
    const victim = await startVictim('seen by ps', ['one', 'two']);
    const facts = reader.readProcess(parsePid(victim.pid))!;
    const seen = (await psList()).find((other) => other.pid === victim.pid);
    expect(seen).toMatchObject({ ppid: facts.parentPid, uid: facts.uid });
    expect(seen?.cmd?.trim()).toBe(facts.cmdline.join(' '));
  });

  test('arguments of 100 KiB are cut', async () => {
    const victim = await startVictim('large', ['y'.repeat(100_000)]);
    const { cmdline } = reader.readProcess(parsePid(victim.pid))!;
    expect(cmdline.join('\0').length).toBe(4096);
  });

  test('the table has this process under the same identity, and no process that ended', async () => {
    const victim = await startVictim('short-lived');
    victim.stdin.end();
    await once(victim, 'exit');
    const table = await reader.readTable();
    const self = parsePid(process.pid);
    expect(table.processes.get(self)?.identity).toEqual(reader.readProcess(self)?.identity);
    expect(reader.readProcess(parsePid(victim.pid))).toBeUndefined();
    expect(table.processes.has(parsePid(victim.pid))).toBe(false);
  });
});
