/** The agent's domain values in their wire form. */
import type { leash } from '../../proto/codec.ts';
import { bindingWords, phaseWords, receiptToWire } from '../../proto/fault.ts';
import { durabilityToWire, type LatchDurability } from '../../proto/latch-durability.ts';
import { jsonToStruct } from '../../proto/struct.ts';
import type { Fault } from '../core/fault.ts';
import type { HaltLatch } from '../core/halt.ts';
import type { HostPolicy } from '../core/policy.ts';
import type { ProcessFacts } from '../core/process.ts';
import type { AgentEvent } from '../core/state.ts';

export const listedArgumentsMax = 256;

export interface Now {
  readonly bootMs: number;
  readonly unixMs: number;
}

export function faultToWire(fault: Fault, now: Now): leash.v1.IFault {
  const { facts, life } = fault;
  const lease = 'lease' in life ? life.lease : undefined;
  return {
    faultId: facts.faultId,
    idempotencyKey: facts.idempotencyKey,
    runId: facts.runId,
    experiment: facts.experiment,
    spec: { kind: facts.kind, parameters: jsonToStruct(facts.parameters) },
    binding: bindingWords.toWire(facts.binding),
    phase: phaseWords.toWire(life.phase),
    targets: [...facts.targets],
    targetsDigest: facts.targetsDigest,
    injectedAtUnixMs: facts.injectedAtUnixMs,
    leaseRemainingMs: lease ? remaining(lease.expiresAtBootMs, now) : 0,
    durationRemainingMs: lease ? remaining(lease.hardDeadlineBootMs, now) : 0,
    seen: 'seen' in life ? life.seen : '',
    ...('receipt' in life ? { receipt: receiptToWire(life.receipt) } : {}),
  };
}

export function haltToWire(latch: HaltLatch, durability: LatchDurability): leash.v1.IHaltState {
  const { isHalted, epoch, reason, by } = latch;
  // A host that is armed has no halt that could be lost.
  return { halted: isHalted, epoch, reason, by, ...durabilityToWire(isHalted ? durability : 'durable') };
}

export function eventToWire(event: AgentEvent, now: Now, durability: LatchDurability): leash.v1.IEvent {
  const head = { atUnixMs: Math.round(now.unixMs), kind: event.kind, text: event.text };
  switch (event.kind) {
    case 'fault':
      return { ...head, fault: faultToWire(event.fault, now) };
    case 'halt':
    case 'rearm':
      return { ...head, halt: haltToWire(event.latch, durability) };
    case 'refused':
      return head;
  }
}

export interface ListedMatch {
  readonly process: ProcessFacts;
  readonly matched: readonly string[];
  readonly protectedBy: readonly string[];
  readonly commandLines: HostPolicy['commandLines'];
}

export function processToWire({ process, matched, protectedBy, commandLines }: ListedMatch): leash.v1.IProcessMatch {
  return {
    identity: process.identity,
    parentPid: process.parentPid,
    name: process.name,
    uid: process.uid,
    user: process.user ?? String(process.uid),
    exe: process.exe ?? '',
    cmdline: commandLines === 'hidden' ? '' : process.cmdline.join(' ').slice(0, listedArgumentsMax),
    unit: process.unit ?? '',
    threads: process.threads,
    matched: [...matched],
    protectedBy: [...protectedBy],
  };
}

function remaining(atBootMs: number, now: Now): number {
  return Math.max(0, Math.round(atBootMs - now.bootMs));
}
