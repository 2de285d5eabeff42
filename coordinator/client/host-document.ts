/** Hosts and their halt latches as documents. */
import { leash } from '../../proto/codec.ts';
import { bindingWords } from '../../proto/fault.ts';

export interface HaltDocument {
  readonly halted: boolean;
  readonly epoch: number;
  readonly reason: string;
  readonly by: string;
  /** A reboot of the host would forget it. */
  readonly volatile: boolean;
  /** An end of the host's agent would. */
  readonly memoryOnly: boolean;
}

export interface FaultKindDocument {
  readonly kind: string;
  readonly summary: string;
  readonly binding: string;
  readonly available: boolean;
  readonly unavailableReason: string;
}

export interface LimitDocument {
  readonly name: string;
  readonly value: string;
  readonly summary: string;
  /** "/etc/leash/policy.yaml:7", "default" or "built in". */
  readonly source: string;
  /** What the host has of it now, where that can be seen. */
  readonly now: string;
}

export interface HostDocument {
  readonly name: string;
  readonly address: string;
  readonly status: 'connected' | 'unreachable';
  /** Null when it never answered. */
  readonly lastSeenMs: number | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Empty until it answered once; so with the next ones. */
  readonly stage: string;
  readonly version: string;
  readonly bootId: string;
  readonly kernel: string;
  readonly os: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly halt: HaltDocument | null;
  readonly activeFaults: number;
  readonly faults: readonly FaultKindDocument[];
  readonly limits: readonly LimitDocument[];
  readonly error: string;
  readonly unresolved: readonly string[];
}

export interface HostsDocument {
  readonly hosts: readonly HostDocument[];
  /** The coordinator's own latch. */
  readonly halt: HaltDocument | null;
  /** When every host last confirmed a rehearsal of the halt. */
  readonly haltDrilledAtUnixMs: number | null;
}

export interface HostHaltDocument {
  readonly host: string;
  readonly latched: boolean;
  readonly volatile: boolean;
  readonly memoryOnly: boolean;
  readonly epoch: number;
  readonly latchedMs: number | null;
  readonly restoredMs: number | null;
  /** Every receipt was confirmed. */
  readonly confirmed: boolean;
  readonly unconfirmed: readonly string[];
  readonly error: string;
  /** For a host that did not answer: when its last lease ends, and with it its faults. */
  readonly lastLeaseEndsAtUnixMs: number | null;
}

export interface HostRearmDocument {
  readonly host: string;
  readonly rearmed: boolean;
  readonly epoch: number;
  readonly error: string;
}

export function hostsDocument(wire: leash.v1.IListHostsReply): HostsDocument {
  return {
    hosts: (wire.hosts ?? []).map(hostDocument),
    halt: haltDocument(wire.halt),
    haltDrilledAtUnixMs: wire.haltDrilledAtUnixMs || null,
  };
}

export function haltDocument(wire: leash.v1.IHaltState | null | undefined): HaltDocument | null {
  if (!wire) return null;
  return {
    halted: wire.halted ?? false,
    epoch: wire.epoch ?? 0,
    reason: wire.reason ?? '',
    by: wire.by ?? '',
    volatile: wire.volatile ?? false,
    memoryOnly: wire.memoryOnly ?? false,
  };
}

export function hostHaltDocument(wire: leash.v1.IHostHalt): HostHaltDocument {
  const latched = wire.latched ?? false;
  const unconfirmed = (wire.receipts ?? []).filter((receipt) => !receipt.confirmed);
  return {
    host: wire.host ?? '',
    latched,
    volatile: wire.volatile ?? false,
    memoryOnly: wire.memoryOnly ?? false,
    epoch: wire.epoch ?? 0,
    latchedMs: latched ? (wire.latchedMs ?? 0) : null,
    restoredMs: latched ? (wire.restoredMs ?? 0) : null,
    confirmed: latched && unconfirmed.length === 0,
    unconfirmed: unconfirmed.map((receipt) => `${receipt.faultId ?? ''}: ${receipt.detail || 'not confirmed'}`),
    error: wire.error ?? '',
    lastLeaseEndsAtUnixMs: wire.lastLeaseEndsAtUnixMs || null,
  };
}

export function hostRearmDocument(wire: leash.v1.IHostRearm): HostRearmDocument {
  return {
    host: wire.host ?? '',
    rearmed: wire.rearmed ?? false,
    epoch: wire.epoch ?? 0,
    error: wire.error ?? '',
  };
}

function hostDocument(wire: leash.v1.IHost): HostDocument {
  const description = wire.description;
  const isConnected = wire.status === leash.v1.HostStatus.HOST_STATUS_CONNECTED;
  return {
    name: wire.name ?? '',
    address: wire.address ?? '',
    status: isConnected ? 'connected' : 'unreachable',
    lastSeenMs: description || isConnected ? (wire.lastSeenMs ?? 0) : null,
    labels: { ...wire.labels },
    stage: description?.stage ?? '',
    version: description?.version ?? '',
    bootId: description?.bootId ?? '',
    kernel: description?.kernel ?? '',
    os: description?.os ?? '',
    cpus: description?.cpus ?? 0,
    memoryBytes: description?.memoryBytes ?? 0,
    halt: haltDocument(description?.halt),
    activeFaults: (description?.active ?? []).length,
    faults: (description?.faults ?? []).map((fault) => ({
      kind: fault.kind ?? '',
      summary: fault.summary ?? '',
      binding: fault.binding ? bindingWords.fromWire(fault.binding, 'fault.binding') : '',
      available: fault.available ?? false,
      unavailableReason: fault.unavailableReason ?? '',
    })),
    limits: (description?.limits ?? []).map(({ name, value, summary, source, now }) => ({
      name: name ?? '',
      value: value ?? '',
      summary: summary ?? '',
      source: source ?? '',
      now: now ?? '',
    })),
    error: wire.error ?? '',
    unresolved: wire.unresolved ?? [],
  };
}
