/** The fleet as the engine needs it: every host of the inventory, connected or not. */
import type { leash } from '../../proto/codec.ts';
import type { Receipt } from '../../proto/fault.ts';
import type { LatchDurability } from '../../proto/latch-durability.ts';
import type { Refusal } from '../../proto/refusal.ts';
import type { ActionOutcome, RollbackAction } from '../../proto/rollback-action.ts';
import type { Selector } from '../../proto/selector.ts';
import type { FaultStep } from '../core/experiment.ts';
import type { HostPlan } from '../core/plan.ts';
import type { Placement } from '../core/run.ts';
import type { FaultSeen } from '../core/run-decision.ts';
import type { IntentProof } from './intent-proof.ts';

export interface FleetHost {
  readonly name: string;
  readonly address: string;
  /** The inventory's labels, and over them the host's own. */
  readonly labels: Readonly<Record<string, string>>;
  readonly isConnected: boolean;
  /** Boot time of the last message from it; absent when there never was one. */
  readonly seenAtMs?: number;
  /** The last one, also of a host that is unreachable now. */
  readonly description?: HostDescription;
  /** Why it is not connected. */
  readonly error?: string;
}

export interface HostDescription {
  readonly bootId: string;
  readonly stage: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isHalted: boolean;
  readonly haltEpoch: number;
  readonly haltReason: string;
  readonly active: readonly FaultSeen[];
  /** As it came, for those who want to see all of it. */
  readonly wire: leash.v1.IDescribeReply;
}

export type PlanAnswer = Extract<HostPlan['outcome'], { kind: 'planned' }> & { readonly wire: leash.v1.IPlanReply };

/** What is to be injected, and where exactly. */
export interface InjectOrder {
  readonly placement: Placement;
  readonly step: FaultStep;
  readonly experiment: string;
  readonly runId: string;
  readonly stage: string;
  readonly leaseTtlMs: number;
  /** Run by the host, once for each run, when a fault of it ends for any reason but success. */
  readonly rollback?: readonly RollbackAction[];
  readonly intent?: IntentProof;
}

/** Whom a plan is for, where a host asks for a signed intent. */
export interface PlanFor {
  readonly runId?: string;
  readonly intent?: IntentProof;
}

export interface ActOrder {
  readonly id: string;
  readonly actions: readonly RollbackAction[];
  readonly reason: string;
}

export interface RenewalOutcome {
  readonly faultId: string;
  readonly isRenewed: boolean;
  /** Why not. */
  readonly detail: string;
}

export interface HaltAnswer {
  readonly epoch: number;
  readonly durability: LatchDurability;
  /** As the host measured them, from the arrival of the order. */
  readonly latchedMs: number;
  readonly restoredMs: number;
  readonly receipts: readonly Receipt[];
}

export type FleetEvent =
  | { readonly type: 'welcome'; readonly description: HostDescription }
  | { readonly type: 'lost'; readonly detail: string }
  | { readonly type: 'fault'; readonly fault: FaultSeen }
  | {
      readonly type: 'halt';
      readonly isHalted: boolean;
      readonly epoch: number;
      readonly durability: LatchDurability;
      readonly text: string;
      readonly wire: leash.v1.IHaltState;
    };

/**
 * A call to a host that did not end well. `refused`: the host said no, and did nothing. `unknown`: anything else; it may
 * or may not have happened.
 */
export class HostCallFailed extends Error {
  constructor(
    readonly kind: 'refused' | 'unknown',
    message: string,
    readonly refusals: readonly Refusal[] = [],
  ) {
    super(message);
    this.name = 'HostCallFailed';
  }
}

/** Every call has a deadline of its own and rejects with HostCallFailed. A name that is not in the inventory rejects too. */
export interface Fleet {
  hosts(): readonly FleetHost[];
  describe(host: string): Promise<HostDescription>;
  plan(host: string, step: FaultStep, stage: string, more?: PlanFor): Promise<PlanAnswer>;
  /** Never repeated by the fleet, whatever happens. */
  inject(host: string, order: InjectOrder): Promise<FaultSeen>;
  /** Over the standing session; rejects when there is none. */
  renew(
    host: string,
    renewals: readonly { readonly faultId: string; readonly ttlMs: number }[],
  ): Promise<readonly RenewalOutcome[]>;
  /** Lets go of one fault or of all of a run, and returns what was seen. */
  restore(
    host: string,
    scope: { readonly runId: string } | { readonly faultId: string },
    reason: string,
  ): Promise<readonly Receipt[]>;
  /** Once for each id. Absent where hosts cannot roll back. */
  act?(host: string, order: ActOrder): Promise<readonly ActionOutcome[]>;
  halt(host: string, order: { readonly requestId: string; readonly reason: string }): Promise<HaltAnswer>;
  /** @returns the host's epoch, now armed. */
  rearm(host: string, order: { readonly expectedEpoch: number; readonly reason: string }): Promise<number>;
  listProcesses(
    host: string,
    selector: Selector,
    receive: (processes: readonly leash.v1.IProcessMatch[]) => void,
  ): Promise<void>;
  /** @returns a function that ends the subscription. */
  subscribe(listener: (host: string, event: FleetEvent) => void): () => void;
}
