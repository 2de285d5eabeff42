/** What the agent may do on this host: its own privileges, and what else a fault needs (capabilities(7), ptrace(2)). */
import { accessSync, constants, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { loadLibc } from '../../shared/libc.ts';
import type { HostAbilities } from '../core/binding.ts';
import type { Need } from '../faults/fault-kind.ts';
import { hasKernelPart } from './kernel-config.ts';
import { netfilterSocketMissing } from './native/netlink.ts';
import { readTasksLimit } from './stress-cgroup.ts';

export interface Privileges {
  /** Effective. */
  readonly uid: number;
  /** The effective set by name, in the order of their numbers. */
  readonly capabilities: readonly string[];
  /** Whether system calls are filtered (SECCOMP_MODE_FILTER). */
  readonly isFiltered: boolean;
}

export interface HostAbilitiesOptions {
  readonly procRoot?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Not $PATH: a helper runs with our privileges. */
  readonly helperDirectories?: readonly string[];
  /** "6.1.0-18-amd64" */
  readonly kernelRelease?: string;
  /** The directory of the cgroup for stressors, where there is one. */
  readonly stressCgroup?: string | undefined;
}

/** By number, include/uapi/linux/capability.h. */
const capabilityNames = [
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE',
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN',
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE',
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE',
].flatMap((line) => line.split(' ').map((name) => `CAP_${name}`));

const helperDirectoriesDefault = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The first kernel that has it. */
const kernelFeatures: Readonly<Record<string, string>> = {
  pidfd: '5.3',
  ptrace: '3.4',
  'nftables-owner': '5.12',
};

/** Reads it once; privileges of a running process only change when it changes them itself. */
export function readHostAbilities({
  procRoot = '/proc',
  environment = process.env,
  helperDirectories = helperDirectoriesDefault,
  kernelRelease = release(),
  stressCgroup,
}: HostAbilitiesOptions = {}): HostAbilities {
  const { uid, capabilities } = readPrivileges(procRoot);
  const libc = loadLibc();
  const nativeCallsMissing = libc instanceof Error ? libc.message : undefined;
  return {
    ...(nativeCallsMissing === undefined ? {} : { nativeCallsMissing }),
    uid,
    capabilities: new Set(capabilities),
    yamaScope: readYamaScope(procRoot),
    // Both are systemd's (systemd.exec(5)); its ExecStopPost= is what replays the journal.
    hasSupervisor: Boolean(environment.NOTIFY_SOCKET || environment.INVOCATION_ID),
    missing(need) {
      if (need.name === 'native calls') return nativeCallsMissing;
      if (need.name === 'pids.max') return tasksLimitMissing(stressCgroup);
      if (need.name === 'sch_netem') return netemMissing();
      if (need.name === 'units of systemd') return unitsMissing(uid, helperDirectories);
      return missingNeed(need, helperDirectories, kernelRelease);
    },
  };
}

export function readPrivileges(procRoot = '/proc'): Privileges {
  const status = readFileSync(join(procRoot, 'self/status'), 'latin1');
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const effective = BigInt(`0x${field('CapEff') || '0'}`);
  return {
    uid: Number(field('Uid').split('\t')[1]),
    capabilities: capabilityNames.filter((_, number) => (effective >> BigInt(number)) & 1n),
    isFiltered: field('Seccomp') === '2',
  };
}

/** @returns the absolute path of a helper program, or undefined where there is none. */
export function findHelper(
  name: string,
  directories: readonly string[] = helperDirectoriesDefault,
): string | undefined {
  return directories.map((directory) => join(directory, name)).find((path) => isAccessible(path, constants.X_OK));
}

function readYamaScope(procRoot: string): number {
  try {
    return Number(readFileSync(join(procRoot, 'sys/kernel/yama/ptrace_scope'), 'latin1'));
  } catch (error) {
    // Not built in; but one that is there and cannot be read is taken for the strictest.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 0 : 3;
  }
}

function tasksLimitMissing(stressCgroup: string | undefined): string | undefined {
  if (stressCgroup === undefined) return 'no cgroup for stressors was delegated to this process';
  return readTasksLimit(stressCgroup) ? undefined : `${stressCgroup} has no pids.max of its own`;
}

function netemMissing(): string | undefined {
  const parts = { sch_netem: 'NET_SCH_NETEM', sch_prio: 'NET_SCH_PRIO', cls_u32: 'NET_CLS_U32' };
  const missing = Object.entries(parts).filter(([module, option]) => hasKernelPart({ option, module }) === false);
  return missing.length === 0 ? undefined : `this kernel has no ${missing.map(([module]) => module).join(', no ')}`;
}

/** sd_booted(3). */
function unitsMissing(uid: number, helperDirectories: readonly string[]): string | undefined {
  if (!isAccessible('/run/systemd/system', constants.F_OK)) return 'this host was not booted by systemd';
  if (!findHelper('systemctl', helperDirectories)) return 'the program systemctl is not installed';
  return uid === 0 ? undefined : 'systemd takes orders about units from root only';
}

function missingNeed(need: Need, helperDirectories: readonly string[], kernelRelease: string): string | undefined {
  switch (need.kind) {
    case 'capability':
      throw new Error(`${need.name} is a capability, which the core decides`);
    case 'path':
      return isAccessible(need.name, constants.F_OK) ? undefined : `${need.name} is missing`;
    case 'helper':
      return findHelper(need.name, helperDirectories) ? undefined : `the program ${need.name} is not installed`;
    case 'kernel': {
      // Every fault needs them, so `chooseBinding` has asked already.
      if (need.name === 'native calls') return undefined;
      // Either a feature of the table, or a version in the name: "Linux 5.12".
      const since = kernelFeatures[need.name] ?? /\d+\.\d+/.exec(need.name)?.[0];
      if (since === undefined) return `whether the kernel has ${need.name} is not known`;
      if (!isAtLeast(kernelRelease, since)) return `${need.name} needs Linux ${since}, this is ${kernelRelease}`;
      return need.name === 'nftables-owner' ? netfilterSocketMissing() : undefined;
    }
  }
}

function isAtLeast(release: string, since: string): boolean {
  const [major = 0, minor = 0] = release.split(/[.-]/).map(Number);
  const [majorMin = 0, minorMin = 0] = since.split('.').map(Number);
  return major > majorMin || (major === majorMin && minor >= minorMin);
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
