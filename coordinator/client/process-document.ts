/** Processes, selectors' matches and refusals as documents: plain values under stable names, for people and for tools. */
import type { leash } from '../../proto/codec.ts';

export interface IdentityDocument {
  readonly bootId: string;
  readonly pid: number;
  readonly startTimeTicks: number;
}

export interface ProcessDocument extends IdentityDocument {
  readonly parentPid: number;
  readonly name: string;
  readonly uid: number;
  readonly user: string;
  readonly exe: string;
  readonly cmdline: string;
  readonly unit: string;
  readonly threads: number;
  /** Why it matched. */
  readonly matched: readonly string[];
  /** Why it may not be touched; empty for a process that may. */
  readonly protectedBy: readonly string[];
}

export interface RefusalDocument {
  readonly reason: string;
  readonly message: string;
  readonly limit: string;
  readonly value: string;
  readonly bound: string;
}

export function identityDocument(wire: leash.v1.IProcessIdentity | null | undefined): IdentityDocument {
  return { bootId: wire?.bootId ?? '', pid: wire?.pid ?? 0, startTimeTicks: wire?.startTimeTicks ?? 0 };
}

export function processDocument(wire: leash.v1.IProcessMatch): ProcessDocument {
  return {
    ...identityDocument(wire.identity),
    parentPid: wire.parentPid ?? 0,
    name: wire.name ?? '',
    uid: wire.uid ?? 0,
    user: wire.user ?? '',
    exe: wire.exe ?? '',
    cmdline: wire.cmdline ?? '',
    unit: wire.unit ?? '',
    threads: wire.threads ?? 0,
    matched: wire.matched ?? [],
    protectedBy: wire.protectedBy ?? [],
  };
}

export function refusalDocument(wire: leash.v1.IRefusal): RefusalDocument {
  return {
    reason: wire.reason ?? '',
    message: wire.message ?? '',
    limit: wire.limit ?? '',
    value: wire.value ?? '',
    bound: wire.bound ?? '',
  };
}
