/**
 * How people and programs reach this host: the ports of sshd, by its configuration (sshd_config(5)), its command line
 * and, where its descriptors may be read, its sockets. 22 is always among them: too many ports are spared rather than too few.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ControlPath } from '../core/briefing.ts';
import type { ProcessFacts } from '../core/process.ts';

export interface ControlPathOptions {
  /** Where the agent itself listens for the coordinator. */
  readonly agentPorts: readonly number[];
  readonly processes: Iterable<ProcessFacts>;
  readonly procRoot?: string;
  readonly sshdConfigPath?: string;
}

const portSsh = 22;
const configBytesMax = 256 * 1024;

export function readControlPath({
  agentPorts,
  processes,
  procRoot = '/proc',
  sshdConfigPath = '/etc/ssh/sshd_config',
}: ControlPathOptions): ControlPath {
  const daemons = [...processes].filter(isSshDaemon);
  const ports = [
    portSsh,
    ...agentPorts,
    ...configuredPorts(sshdConfigPath),
    ...daemons.flatMap(({ cmdline }) => askedPorts(cmdline)),
    ...socketPorts(
      daemons.map(({ identity }) => identity.pid),
      procRoot,
    ),
  ];
  const valid = ports.filter((port) => Number.isInteger(port) && port >= 1 && port <= 65_535);
  return { localPorts: [...new Set(valid)].sort((one, other) => one - other) };
}

/** Of root only: any other process could choose that name, and so be spared. */
function isSshDaemon({ name, exe, uid }: ProcessFacts): boolean {
  return uid === 0 && (name.startsWith('sshd') || /\/sshd(-session)?$/.test(exe ?? ''));
}

function configuredPorts(path: string): readonly number[] {
  const folder = join(dirname(path), 'sshd_config.d');
  const files = [path, ...unlessUnreadable(() => readdirSync(folder), []).map((name) => join(folder, name))];
  return files.flatMap((file) =>
    portsIn(unlessUnreadable(() => readFileSync(file, 'utf8'), '').slice(0, configBytesMax)),
  );
}

/** "Port 2222", "ListenAddress 0.0.0.0:2222", "ListenAddress [::]:2222" */
function portsIn(config: string): readonly number[] {
  return config.split('\n').flatMap((line) => {
    const [key = '', value = ''] = line.trim().split(/[\s=]+/);
    if (/^port$/i.test(key)) return [Number(value)];
    const port = /^listenaddress$/i.test(key) ? /^(?:\[[^\]]*\]|[^:]*):(\d+)$/.exec(value)?.[1] : undefined;
    return port === undefined ? [] : [Number(port)];
  });
}

/** "-p 2222", "-p2222", "-oPort=2222" */
function askedPorts(cmdline: readonly string[]): readonly number[] {
  return cmdline.flatMap((argument, index) => {
    if (argument === '-p') return [Number(cmdline[index + 1])];
    const port = /^-(?:p|oPort[= ])(\d+)$/i.exec(argument)?.[1];
    return port === undefined ? [] : [Number(port)];
  });
}

/** Local ports of the TCP sockets of the processes, those of established sessions among them. */
function socketPorts(pids: readonly number[], procRoot: string): readonly number[] {
  const inodes = new Set(pids.flatMap((pid) => socketInodes(join(procRoot, String(pid), 'fd'))));
  if (inodes.size === 0) return [];
  return ['tcp', 'tcp6'].flatMap((name) =>
    unlessUnreadable(() => readFileSync(join(procRoot, 'net', name), 'latin1'), '')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // Field 2 is "address:port" in hexadecimal, field 10 the inode (proc_pid_net(5)).
      .filter((fields) => inodes.has(fields[9] ?? ''))
      .map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16)),
  );
}

/** Needs CAP_SYS_PTRACE and, for another user's process, CAP_DAC_READ_SEARCH; without them the configuration counts. */
function socketInodes(folder: string): readonly string[] {
  return unlessUnreadable(() => readdirSync(folder), []).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(unlessUnreadable(() => readlinkSync(join(folder, fd)), ''))?.[1];
    return inode === undefined ? [] : [inode];
  });
}

function unlessUnreadable<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
