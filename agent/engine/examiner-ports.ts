/** What an examiner is told by its host, and by whoever keeps the policy. */
import type { HostAbilities } from '../core/binding.ts';
import type { Briefing, Question } from '../core/briefing.ts';
import type { ChangePort } from '../core/change.ts';
import type { IntentPolicy, IntentProof, IntentSeen } from '../core/intent.ts';
import type { HostPolicy } from '../core/policy.ts';
import type { ProcessFacts, ProcessTable } from '../core/process.ts';
import type { PortsSeen } from '../core/protection.ts';
import type { SettingsPort, WantedSetting } from '../core/setting.ts';
import type { FaultKind, FileSystemSpace } from '../faults/fault-kind.ts';
import type { Usage } from '../holders/stress-kernel.ts';
import type { HostFigures } from '../limits/limit.ts';
import type { FindProcesses, SearchProcesses } from './examine.ts';

/** What is in use of what the host has a limit for. */
export interface HostUsageSeen {
  readonly openFiles: Usage;
  readonly tasks: Usage;
  /** Of the cgroup for stressors; absent where it has no limit. */
  readonly stressTasks?: Usage;
}

export interface ExaminerPorts {
  /** `recently`: with processes in it as they were up to 30 s ago. What is to be touched is never chosen from that. */
  readTable(freshness: 'now' | 'recently'): Promise<ProcessTable>;
  readonly findProcesses: FindProcesses;
  readonly searchProcesses: SearchProcesses;
  memory(): { readonly totalBytes: number; readonly availableBytes: number };
  /** Undefined where it does not answer, or not in time. */
  fileSystem(directory: string): Promise<FileSystemSpace | undefined>;
  usage(): HostUsageSeen;
  policy(): HostPolicy;
  /** Reads the policy again where its file has changed. Never throws: `policyProblem` tells what is wrong with it. */
  refreshPolicy(): Promise<void>;
  /** Why the policy file cannot be used as it is now, in words; the former policy is in force then. */
  policyProblem(): string | undefined;
  /** Who listens on these ports. */
  listenersOf(ports: ReadonlySet<number>, table: ProcessTable): Promise<PortsSeen>;
  /** How long its unit lets it be silent, in milliseconds; undefined where nobody minds. */
  watchdogOf(process: ProcessFacts): number | 'unknown' | undefined;
  strain(): Pick<HostFigures, 'loadAverage' | 'pressurePercent'>;
  /** Of boot time, as in the lives of faults. */
  bootMs(): number;
  /** Wall clock, for the calendar. */
  unixMs(): number;
  /** Of the agent, in boot time. */
  readonly startedAtBootMs: number;
  /** A halt file is there: the reason, in words. */
  haltFile(): string | undefined;
  /** Why no undo could be trusted to the journal now, in words. */
  journalProblem(): string | undefined;
  digest(text: string): string;
  /** As inventories have it. */
  readonly hostName: string;
  /** Whether what came with a request is signed by a key of the policy. Never throws. */
  lookAtIntent(proof: IntentProof | undefined, policy: IntentPolicy): IntentSeen;
  /** Answers what a fault asks of its host. */
  brief(question: Question, table: ProcessTable): Briefing;
  /** Absent where no program may be run. */
  readonly changes?: ChangePort;
  /** Absent where nothing can be set. */
  readonly settings?: SettingsPort;
  /** Why the host's policy does not let faults set this, in words. */
  settingRefusal?(wanted: WantedSetting): string | undefined;
  readonly abilities: HostAbilities;
  readonly cpus: number;
  readonly agentPid: number;
  findFaultKind(kind: string): FaultKind | undefined;
  readonly faultKindNames: readonly string[];
}
