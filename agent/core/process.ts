/** What the agent knows of one process: read from /proc by the host, judged by the pure core. */
import type { Pid, ProcessIdentity } from '../../proto/identity.ts';

export interface ProcessFacts {
  readonly identity: ProcessIdentity;
  /** 0 for pid 1 and for kernel threads' root. */
  readonly parentPid: number;
  /** comm: at most 15 bytes, and the process may have chosen it itself. */
  readonly name: string;
  /** The letter of field 3 of /proc/PID/stat. */
  readonly state: string;
  /** Effective. */
  readonly uid: number;
  /** Effective. */
  readonly gid: number;
  /** Undefined where /etc/passwd has no such uid. */
  readonly user?: string | undefined;
  /** Undefined where /etc/group has no such gid. */
  readonly group?: string | undefined;
  /** Undefined where it may not be read, and for kernel threads. */
  readonly exe?: string | undefined;
  /** At most 4 KiB in all; empty for kernel threads and for processes that erased it. */
  readonly cmdline: readonly string[];
  /** The path in the unified hierarchy, or else in systemd's named one. */
  readonly cgroup: string;
  /** The systemd unit in that path. */
  readonly unit?: string | undefined;
  readonly threads: number;
  readonly residentBytes: number;
  readonly sessionId: number;
  readonly isKernelThread: boolean;
}

/** What a process and the one that takes its place have in common, or by which they are told apart. */
export type Likeness = Pick<ProcessFacts, 'identity' | 'parentPid' | 'name' | 'uid' | 'exe' | 'cmdline'>;

/**
 * All processes of one look at the host, by pid. A process in it may be read bit by bit, as it is asked about: what is
 * to be touched or shown is read again, in one piece.
 */
export interface ProcessTable {
  readonly bootId: string;
  readonly processes: ReadonlyMap<Pid, ProcessFacts>;
}
