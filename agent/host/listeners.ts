/**
 * Who listens on a port: the sockets of this network namespace by /proc/net (proc_pid_net(5)), and the processes that
 * hold them by their descriptors. Workers share the socket of their master, so every process must be looked at.
 */
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Pid } from '../../proto/identity.ts';
import type { ProcessFacts } from '../core/process.ts';
import { livingThreadOf } from './living-thread.ts';
import { hasCode } from './native/system-call.ts';
import { readStat, unlessGone } from './read-stat.ts';

export interface Listeners {
  readonly byPort: ReadonlyMap<number, ReadonlySet<Pid>>;
  /** Processes whose descriptors may not be looked at. Needs CAP_DAC_READ_SEARCH, and CAP_SYS_PTRACE (ptrace(2)). */
  readonly hidden: readonly ProcessFacts[];
}

/** State of a socket that waits for peers: TCP_LISTEN, and TCP_CLOSE for UDP without a peer (net/tcp_states.h). */
const tables = [
  { name: 'tcp', state: '0A' },
  { name: 'tcp6', state: '0A' },
  { name: 'udp', state: '07' },
  { name: 'udp6', state: '07' },
];
const chunkBytes = 64 * 1024;
const descriptorsPerStep = 64;

/** A step for each piece of a table, and for 64 descriptors of a process. */
export function* findListeners(
  ports: ReadonlySet<number>,
  processes: Iterable<ProcessFacts>,
  procRoot = '/proc',
): Generator<void, Listeners> {
  const byPort = new Map([...ports].map((port) => [port, new Set<Pid>()]));
  const hidden: ProcessFacts[] = [];
  if (ports.size === 0) return { byPort, hidden };
  const portOfLink = new Map<string, number>();
  for (const { name, state } of tables) {
    for (const lines of piecesOf(join(procRoot, 'net', name))) {
      for (const { port, inode } of lines.flatMap((line) => socketIn(line, state) ?? [])) {
        if (ports.has(port)) portOfLink.set(`socket:[${inode}]`, port);
      }
      yield;
    }
  }
  if (portOfLink.size === 0) return { byPort, hidden };
  for (const process of processes) {
    const { identity, isKernelThread, state } = process;
    if (isKernelThread || state === 'Z' || state === 'X') continue;
    const links = yield* socketsOf(identity.pid, procRoot);
    if (links === 'hidden') hidden.push(process);
    else for (const link of links) byPort.get(portOfLink.get(link) ?? 0)?.add(identity.pid);
  }
  return { byPort, hidden };
}

/** An exited first thread has no descriptors any more, while others hold theirs. */
function* socketsOf(pid: Pid, procRoot: string): Generator<void, readonly string[] | 'hidden'> {
  const links = yield* descriptorsOf(join(procRoot, String(pid), 'fd'));
  if (links.length > 0) return links;
  const stat = readStat(join(procRoot, String(pid), 'stat'));
  const place = stat && livingThreadOf(stat, procRoot).place;
  return place === undefined || place === String(pid) ? links : yield* descriptorsOf(join(procRoot, place, 'fd'));
}

/** What each descriptor points at. */
function* descriptorsOf(folder: string): Generator<void, readonly string[] | 'hidden'> {
  const links: string[] = [];
  try {
    const fds = readdirSync(folder);
    yield;
    for (const [index, fd] of fds.entries()) {
      const link = unlessGone(() => readlinkSync(join(folder, fd)));
      if (link !== undefined) links.push(link);
      if (index % descriptorsPerStep === descriptorsPerStep - 1) yield;
    }
    return links;
  } catch (error) {
    if (hasCode(error, 'EACCES') || hasCode(error, 'EPERM')) return 'hidden';
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return links;
    throw error;
  }
}

/** Whole lines, without the heading. Nothing where there is no such table, as without IPv6. */
function* piecesOf(path: string): Generator<readonly string[], void> {
  const fd = unlessGone(() => openSync(path, 'r'));
  if (fd === undefined) return;
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let rest = '';
    for (;;) {
      const length = readSync(fd, buffer, 0, chunkBytes, null);
      if (length === 0) return;
      const lines = `${rest}${buffer.toString('latin1', 0, length)}`.split('\n');
      rest = lines.pop() ?? '';
      yield lines;
    }
  } finally {
    closeSync(fd);
  }
}

/** Fields: number, local address and port, remote ones, state, …, and the inode as the tenth. The heading has no port. */
function socketIn(line: string, state: string): { readonly port: number; readonly inode: string } | undefined {
  const fields = line.trim().split(/\s+/);
  const port = Number.parseInt(fields[1]?.split(':')[1] ?? '', 16);
  const inode = fields[9];
  return fields[3] === state && Number.isInteger(port) && inode !== undefined ? { port, inode } : undefined;
}
