/** An agent in memory, with the promises of a real one: leases, one key one fault, a latch, receipts. */

import type { FaultStep } from '../../../coordinator/core/experiment.ts';
import type { FaultSeen } from '../../../coordinator/core/run-decision.ts';
import {
  type FleetEvent,
  type HaltAnswer,
  HostCallFailed,
  type HostDescription,
  type InjectOrder,
  type PlanAnswer,
  type RenewalOutcome,
} from '../../../coordinator/engine/fleet-port.ts';
import type { Clock } from '../../../coordinator/engine/ports.ts';
import type { Cause, Receipt } from '../../../proto/fault.ts';
import { identityKey, type ProcessIdentity, parsePid } from '../../../proto/identity.ts';
import type { LatchDurability } from '../../../proto/latch-durability.ts';
import type { Refusal } from '../../../proto/refusal.ts';

export interface FakeProcess {
  readonly identity: ProcessIdentity;
  readonly name: string;
}

interface Held {
  readonly faultId: string;
  order: InjectOrder;
  phase: FaultSeen['phase'];
  leaseEndsAtMs: number;
  readonly endsAtMs: number;
  receipt?: Receipt;
  cancel: () => void;
}

export interface FakeAgentOptions {
  readonly stage?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Names of its processes. */
  readonly processes?: readonly string[];
}

export class FakeAgent {
  readonly bootId: string;
  readonly labels: Readonly<Record<string, string>>;
  stage: string;
  processes: FakeProcess[] = [];
  isHalted = false;
  haltEpoch = 1;
  private readonly haltIds = new Set<string>();
  /** What its latch outlives. */
  durability: LatchDurability = 'durable';
  /** Whether the host sees what it let go as restored. */
  canConfirm = true;
  refusals: Refusal[] = [];
  /** Refuses the inject itself, though the plan was fine. */
  injectRefusal: Refusal | undefined;
  /** Every touch, by idempotency key: more than one of a key is a broken promise. */
  readonly touches: string[] = [];
  private readonly faults = new Map<string, Held>();
  private nextPid = 100;
  publish: (event: FleetEvent) => void = () => undefined;

  constructor(
    readonly name: string,
    private readonly clock: Clock,
    options: FakeAgentOptions = {},
  ) {
    this.bootId = `boot-of-${name}`;
    this.stage = options.stage ?? 'staging';
    this.labels = options.labels ?? {};
    for (const process of options.processes ?? ['worker']) this.spawn(process);
  }

  spawn(name: string): FakeProcess {
    const pid = parsePid(this.nextPid++);
    const identity = { bootId: this.bootId, pid, startTimeTicks: Math.round(this.clock.bootMs() / 10) };
    const process = { identity, name };
    this.processes.push(process);
    return process;
  }

  /** The process ends, and its supervisor starts another. */
  respawn(index = 0): FakeProcess {
    const [old] = this.processes.splice(index, 1);
    return this.spawn(old?.name ?? 'worker');
  }

  /** As if another coordinator had injected all of it. */
  giveTo(runId: string): void {
    for (const fault of this.faults.values()) fault.order = { ...fault.order, runId };
  }

  /** What is in force now. */
  held(): readonly FaultSeen[] {
    return [...this.faults.values()].filter((fault) => fault.phase === 'active').map((fault) => this.seen(fault));
  }

  describe(): HostDescription {
    return {
      bootId: this.bootId,
      stage: this.stage,
      labels: this.labels,
      isHalted: this.isHalted,
      haltEpoch: this.haltEpoch,
      haltReason: '',
      active: [...this.faults.values()].filter((fault) => fault.phase !== 'ended').map((fault) => this.seen(fault)),
      wire: { host: this.name },
    };
  }

  plan(step: FaultStep): PlanAnswer {
    const { processes } = step.targets;
    const matching = this.processes.filter((each) => each.name === processes?.selector.name);
    const targets = processes?.choice.mode === 'all' ? matching : matching.slice(0, 1);
    const none: Refusal[] =
      processes && targets.length === 0 ? [{ reason: 'no-match', message: 'no process matches' }] : [];
    return {
      kind: 'planned',
      targets,
      targetsDigest: targets.map((target) => identityKey(target.identity)).join() || 'host',
      haltEpoch: this.haltEpoch,
      refusals: [...this.refusals, ...none],
      wire: {},
    };
  }

  inject(order: InjectOrder): FaultSeen {
    const { placement, leaseTtlMs, step } = order;
    const known = [...this.faults.values()].find((fault) => fault.order.placement.key === placement.key);
    if (known) return this.seen(known);
    if (this.isHalted) throw refused({ reason: 'halted', message: `halted at epoch ${this.haltEpoch}` });
    if (placement.haltEpoch !== this.haltEpoch) throw refused({ reason: 'halt-epoch-changed', message: 'plan again' });
    if (this.injectRefusal) throw refused(this.injectRefusal);
    const alive = this.processes.map((process) => identityKey(process.identity));
    const gone = placement.targets.find((target) => !alive.includes(identityKey(target)));
    if (gone) throw refused({ reason: 'target-gone', message: `pid ${gone.pid} is gone` });
    this.touches.push(placement.key);
    const nowMs = this.clock.bootMs();
    const fault: Held = {
      faultId: `fault-${this.name}-${this.faults.size + 1}`,
      order,
      phase: 'active',
      leaseEndsAtMs: nowMs + leaseTtlMs,
      endsAtMs: nowMs + step.durationMs,
      cancel: () => undefined,
    };
    this.faults.set(fault.faultId, fault);
    if (step.fault === 'process.kill') {
      for (const target of placement.targets) {
        this.respawn(this.processes.findIndex((each) => each.identity.pid === target.pid));
      }
      this.end(fault, 'completed');
    } else {
      this.arm(fault);
    }
    this.publish({ type: 'fault', fault: this.seen(fault) });
    return this.seen(fault);
  }

  renew(renewals: readonly { readonly faultId: string; readonly ttlMs: number }[]): readonly RenewalOutcome[] {
    return renewals.map(({ faultId, ttlMs }) => {
      const fault = this.faults.get(faultId);
      if (fault?.phase !== 'active') return { faultId, isRenewed: false, detail: `fault ${faultId} is over` };
      fault.leaseEndsAtMs = this.clock.bootMs() + ttlMs;
      this.arm(fault);
      return { faultId, isRenewed: true, detail: '' };
    });
  }

  restore(scope: { runId: string } | { faultId: string }): readonly Receipt[] {
    const found = [...this.faults.values()].filter((fault) =>
      'runId' in scope ? fault.order.runId === scope.runId : fault.faultId === scope.faultId,
    );
    for (const fault of found) this.end(fault, 'restored');
    return found.flatMap((fault) => fault.receipt ?? []);
  }

  /** A repeated request is the same halt, not another one. */
  halt(requestId: string): HaltAnswer {
    if (!this.haltIds.has(requestId)) {
      this.haltIds.add(requestId);
      this.isHalted = true;
      this.haltEpoch += 1;
    }
    const held = [...this.faults.values()].filter((fault) => fault.phase === 'active');
    for (const fault of held) this.end(fault, 'halted');
    const { haltEpoch: epoch, durability } = this;
    const wire = { halted: this.isHalted, epoch };
    this.publish({ type: 'halt', isHalted: this.isHalted, epoch, durability: 'memory-only', text: 'halted', wire });
    const receipts = held.flatMap((fault) => fault.receipt ?? []);
    return { epoch: this.haltEpoch, durability, latchedMs: 1, restoredMs: 2, receipts };
  }

  rearm(expectedEpoch: number): number {
    if (expectedEpoch !== this.haltEpoch) throw refused({ reason: 'halt-epoch-changed', message: 'a halt came first' });
    this.isHalted = false;
    return this.haltEpoch;
  }

  /** The holder dies: the kernel lets go, and the agent tells. */
  loseHolder(): void {
    for (const fault of this.faults.values()) this.end(fault, 'holder-died');
  }

  /** The host looks again at what it could not confirm. */
  confirmNow(): void {
    this.canConfirm = true;
    for (const fault of this.faults.values()) {
      if (fault.phase !== 'unresolved' || !fault.receipt) continue;
      fault.phase = 'ended';
      fault.receipt = { ...fault.receipt, confirmed: true };
      this.publish({ type: 'fault', fault: this.seen(fault) });
    }
  }

  private arm(fault: Held): void {
    fault.cancel();
    const dueMs = Math.min(fault.leaseEndsAtMs, fault.endsAtMs) - this.clock.bootMs();
    fault.cancel = this.clock.after(dueMs, () =>
      this.end(fault, fault.endsAtMs <= fault.leaseEndsAtMs ? 'completed' : 'lease-expired'),
    );
  }

  private end(fault: Held, cause: Cause): void {
    fault.cancel();
    if (fault.phase !== 'active') return;
    const { canConfirm } = this;
    fault.phase = canConfirm ? 'ended' : 'unresolved';
    fault.receipt = {
      faultId: fault.faultId,
      cause,
      detail: '',
      confirmed: canConfirm,
      targets: fault.order.placement.targets.map((identity) => ({
        identity,
        outcome: canConfirm ? 'restored' : 'unknown',
        seen: canConfirm ? '1 of 1 threads run' : 'could not be looked at',
        threads: 1,
        threadsRunning: canConfirm ? 1 : 0,
      })),
      endedAtUnixMs: this.clock.unixMs(),
      restoredMs: 1,
      resourceBackMs: 0,
    };
    this.publish({ type: 'fault', fault: this.seen(fault) });
  }

  private seen(fault: Held): FaultSeen {
    const nowMs = this.clock.bootMs();
    const { placement, runId } = fault.order;
    return {
      faultId: fault.faultId,
      idempotencyKey: placement.key,
      runId,
      phase: fault.phase,
      targets: placement.targets,
      leaseRemainingMs: Math.max(0, fault.leaseEndsAtMs - nowMs),
      durationRemainingMs: Math.max(0, fault.endsAtMs - nowMs),
      seen: fault.phase === 'active' ? 'held' : '',
      ...(fault.receipt ? { receipt: fault.receipt } : {}),
    };
  }
}

function refused(refusal: Refusal): HostCallFailed {
  return new HostCallFailed('refused', refusal.message, [refusal]);
}
