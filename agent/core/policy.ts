/** The host's own policy: what any caller may ask of this host. Nothing remote loosens it. */

import type { Binding } from '../../proto/fault.ts';
import type { Stage } from '../../proto/stage.ts';
import type { AllowedProgram } from './briefing.ts';
import type { Calendar } from './calendar.ts';
import type { ListedChange } from './change.ts';
import type { IntentPolicy } from './intent.ts';
import type { ProtectedLists } from './protected-lists.ts';

export interface CustomProgram extends AllowedProgram {
  /** Each argument must be like one of these: an asterisk stands for a word without a slash. */
  readonly args: readonly string[];
}

/** Who may inject which faults, beside what the role table says. */
export interface CallerRule {
  /** A role, a certificate's full name, "uid:1000", "login:1000", "local" for anyone on the local socket, or "*". */
  readonly who: string;
  /** Kinds, families or "*", as in `faults.allow`. */
  readonly faults: readonly string[];
}

/** A limit of 0 allows none; no value means "without limit". */
export interface HostPolicy {
  readonly stage: Stage;
  readonly labels: Readonly<Record<string, string>>;
  readonly faults: {
    /** Kinds, such as "process.pause", families, such as "process.*", or "*". */
    readonly allow: readonly string[];
  };
  /** What a caller must match one of. */
  readonly callers: readonly CallerRule[];
  /** When faults may happen; from their begin to their hard end. */
  readonly windows: Calendar;
  readonly durationMaxMs: number;
  /** For an inject that names none. */
  readonly durationDefaultMs: number;
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
  /** The lowest nice value that a fault may give: a lower one takes processor time from others. */
  readonly niceMin: number;
  /** Whether a fault may boot the host again. */
  readonly reboots: boolean;
  readonly injectsPerMinute: number;
  /** How long after the end of a fault the next one has to wait. */
  readonly coolDown: {
    /** Whatever it was aimed at. */
    readonly hostMs: number;
    /** Aimed at the same service, see `serviceOf`. */
    readonly targetMs: number;
  };
  /** Of the last minute, for each processor. */
  readonly loadMax: number;
  /** Share of the last ten seconds in which somebody had to wait for it; 100 does without asking. */
  readonly pressureMax: { readonly cpuPercent: number; readonly memoryPercent: number; readonly ioPercent: number };
  /** The programs that `custom.run` may run. */
  readonly custom: readonly CustomProgram[];
  /** What `custom.change` may change, and how each is made, undone and looked at. */
  readonly changes: readonly ListedChange[];
  /** What this host does when a fault ends badly; what is not listed is refused. */
  readonly rollback: {
    /** systemd units that may be restarted. */
    readonly restart: readonly string[];
    /** Addresses that may be called, whole. */
    readonly call: readonly string[];
    /** Programs that may be run. */
    readonly run: readonly CustomProgram[];
  };
  /** Whose files a host probe may look at: in these directories and below. */
  readonly observe: { readonly paths: readonly string[] };
  /** Units and paths whose limits faults may set, and which they may freeze. */
  readonly cgroups: { readonly allow: readonly string[] };
  /** Units of systemd that faults may stop, restart and mask. */
  readonly services: { readonly allow: readonly string[] };
  /** Interfaces whose packets faults may hold up or spoil. */
  readonly interfaces: { readonly allow: readonly string[] };
  readonly protect: ProtectedLists;
  /** Whose signature an inject must come with; absent: nobody's. */
  readonly intents?: IntentPolicy;
  /** Whether callers see the arguments of processes. Selectors match the real ones either way. */
  readonly commandLines: 'shown' | 'hidden';
  readonly bindings: { readonly allow: readonly Binding[] };
  /** Whether journal-bound faults are allowed where no supervisor would replay the journal. */
  readonly journalWithoutSupervisor: boolean;
}

/** Ended faults are remembered for as long, see `endedKeptMs`. */
export const coolDownMaxMs = 3_600_000;

/** What holds on a host without a policy file, and for each key that the file leaves out. */
export const defaultPolicy: HostPolicy = {
  stage: 'development',
  labels: {},
  faults: { allow: ['*'] },
  callers: [{ who: '*', faults: ['*'] }],
  windows: { timeZone: 'UTC', allow: [], blackout: [] },
  durationMaxMs: 300_000,
  durationDefaultMs: 60_000,
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
  niceMin: 0,
  reboots: false,
  injectsPerMinute: 5,
  coolDown: { hostMs: 0, targetMs: 0 },
  loadMax: 1000,
  pressureMax: { cpuPercent: 100, memoryPercent: 100, ioPercent: 100 },
  custom: [],
  changes: [],
  rollback: { restart: [], call: [], run: [] },
  observe: { paths: [] },
  cgroups: { allow: [] },
  services: { allow: [] },
  interfaces: { allow: [] },
  protect: { names: [], users: [], units: [], ports: [] },
  commandLines: 'shown',
  bindings: { allow: ['kernel', 'journal', 'one-shot'] },
  journalWithoutSupervisor: false,
};

/** Of a host whose policy names none. Staging is where faults are tried for as long as they would last in production. */
export function defaultDurationMaxMs(stage: Stage): number {
  return stage === 'staging' ? 900_000 : defaultPolicy.durationMaxMs;
}
