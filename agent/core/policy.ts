/** The host's own policy: what any caller may ask of this host. Nothing remote loosens it. */
import type { Binding } from '../../proto/fault.ts';
import type { Stage } from '../../proto/stage.ts';
import type { AllowedProgram } from './briefing.ts';

export interface CustomProgram extends AllowedProgram {
  /** Each argument must be like one of these: an asterisk stands for a word without a slash. */
  readonly args: readonly string[];
}

/** A limit of 0 allows none; no value means "without limit". */
export interface HostPolicy {
  readonly stage: Stage;
  readonly labels: Readonly<Record<string, string>>;
  readonly faults: {
    /** Kinds, such as "process.pause", families, such as "process.*", or "*". */
    readonly allow: readonly string[];
  };
  readonly durationMaxMs: number;
  readonly leaseMaxMs: number;
  /** For one inject, and for all faults at once. */
  readonly processesMax: number;
  /** Of the processes that the selector matches. */
  readonly processesPercentMax: number;
  /** Faults at once. */
  readonly faultsMax: number;
  /** Matching processes that stay untouched. */
  readonly survivorsMin: number;
  /** Of all processors, by all faults at once. */
  readonly cpuPercentMax: number;
  /** Of all memory, by all faults at once. */
  readonly memoryPercentMax: number;
  /** Memory that stays available whatever is asked. */
  readonly memoryFloorBytes: number;
  /** Where faults may make their files: in these directories and below. */
  readonly paths: { readonly allow: readonly string[] };
  /** Read and written by all faults at once. */
  readonly ioBytesPerSecondMax: number;
  /** How full a file system may become, with what others have on it. */
  readonly diskPercentMax: number;
  /** Space that stays free on a file system whatever is asked. */
  readonly diskFloorBytes: number;
  /** Open files of the host that stay free whatever is asked. */
  readonly openFilesFloor: number;
  /** Processes and threads that can still be started whatever is asked. */
  readonly tasksFloor: number;
  readonly injectsPerMinute: number;
  /** The programs that `custom.run` may run. */
  readonly custom: readonly CustomProgram[];
  /** What this host does when a fault ends badly; what is not listed is refused. */
  readonly rollback: {
    /** systemd units that may be restarted. */
    readonly restart: readonly string[];
    /** Addresses that may be called, whole. */
    readonly call: readonly string[];
    /** Programs that may be run. */
    readonly run: readonly CustomProgram[];
  };
  /** In addition to the processes that are always protected. */
  readonly protect: {
    /** Of the command or of the executable file. */
    readonly names: readonly string[];
    /** User names, or uids in digits. */
    readonly users: readonly string[];
    /** systemd units, such as "postgresql.service". */
    readonly units: readonly string[];
  };
  readonly bindings: { readonly allow: readonly Binding[] };
  /** Whether journal-bound faults are allowed where no supervisor would replay the journal. */
  readonly journalWithoutSupervisor: boolean;
}

/** What holds on a host without a policy file, and for each key that the file leaves out. */
export const defaultPolicy: HostPolicy = {
  stage: 'development',
  labels: {},
  faults: { allow: ['*'] },
  durationMaxMs: 300_000,
  leaseMaxMs: 10_000,
  processesMax: 4,
  processesPercentMax: 100,
  faultsMax: 4,
  survivorsMin: 0,
  cpuPercentMax: 80,
  memoryPercentMax: 50,
  memoryFloorBytes: 256 * 2 ** 20,
  paths: { allow: ['/tmp', '/var/tmp', '/var/lib/leash'] },
  ioBytesPerSecondMax: 64 * 2 ** 20,
  diskPercentMax: 90,
  diskFloorBytes: 256 * 2 ** 20,
  openFilesFloor: 8192,
  tasksFloor: 1024,
  injectsPerMinute: 5,
  custom: [],
  rollback: { restart: [], call: [], run: [] },
  protect: { names: [], users: [], units: [] },
  bindings: { allow: ['kernel', 'journal', 'one-shot'] },
  journalWithoutSupervisor: false,
};

export function allowsFault(policy: HostPolicy, kind: string): boolean {
  return policy.faults.allow.some(
    (allowed) =>
      allowed === '*' || allowed === kind || (allowed.endsWith('.*') && kind.startsWith(allowed.slice(0, -1))),
  );
}
