/** What the engine needs from the outside world, so that a simulated world can stand in for all of it. */

import type { ProcessIdentity } from '../../proto/identity.ts';
import type { LatchDurability } from '../../proto/latch-durability.ts';
import type { ChangePort } from '../core/change.ts';
import type { Fault } from '../core/fault.ts';
import type { HaltLatch } from '../core/halt.ts';
import type { SettingsPort } from '../core/setting.ts';
import type { AuditFact } from '../core/state.ts';
import type { FaultKind, HostView } from '../faults/fault-kind.ts';
import type { Subject } from './hold.ts';
import type { HolderPort } from './holder-port.ts';

export interface Clock {
  /** Milliseconds of boot time; the only clock of leases. */
  bootMs(): number;
  /** Wall clock, for people. */
  unixMs(): number;
  /** Calls back once, not before `ms` have passed. @returns a function that cancels it. */
  after(ms: number, call: () => void): () => void;
}

export interface LatchWritten {
  readonly durability: LatchDurability;
  readonly failures: readonly string[];
}

/** What is kept on disk. Each promise rejects rather than wait for ever. */
export interface Store {
  /**
   * The intent in the audit, then the undo in the journal, both durable when it resolves. Nothing is put into the journal
   * for a fault that is no longer wanted when the audit has it.
   */
  recordIntent(fault: Fault, subject: Subject, isWanted: () => boolean): Promise<void>;
  /** Best effort: so that a later agent can tell whether this holder is gone. */
  noteHolder(fault: Fault, subject: Subject, holder: ProcessIdentity): Promise<void>;
  /** Frees the journal's slot. Needs no space. */
  forget(faultId: string): Promise<void>;
  /** Resolves when every copy is written or has failed; one that failed is tried again until a newer latch is written. */
  writeLatch(latch: HaltLatch): Promise<LatchWritten>;
  /** What has this latch by now. */
  latchDurability(latch: HaltLatch): LatchDurability;
  /** Calls back whenever the latch that was written last has become durable. */
  watchLatch(listener: (latch: HaltLatch) => void): void;
  audit(fact: AuditFact): Promise<void>;
}

export interface EnginePorts {
  readonly clock: Clock;
  readonly store: Store;
  readonly agentPid: number;
  readonly holders: HolderPort;
  readonly host: HostView;
  findFaultKind(kind: string): FaultKind | undefined;
  /** SIGCONT to exactly this process, if it still is that one and is stopped. Idempotent; never throws. */
  continueProcess(identity: ProcessIdentity): void;
  /** Absent where no program may be run: then nothing that needs one is undone here. */
  readonly changes?: ChangePort;
  /** Absent where nothing can be set. */
  readonly settings?: SettingsPort;
  /** The sub-cgroup for stressors, where there is one. */
  readonly stressCgroup: string | undefined;
  /** An effect that failed in a way that only a log can tell. */
  warn(message: string, error: unknown): void;
}
