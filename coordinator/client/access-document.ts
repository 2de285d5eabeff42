/** Who somebody is to a coordinator, as a document. */
import type { leash } from '../../proto/codec.ts';

export interface GrantDocument {
  readonly role: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Empty: every stage. */
  readonly stages: readonly string[];
  readonly faults: readonly string[];
  readonly source: string;
}

export interface WhoDocument {
  readonly name: string;
  readonly person: string;
  readonly groups: readonly string[];
  readonly grants: readonly GrantDocument[];
  readonly methods: readonly string[];
  /** 0 where nothing runs out. */
  readonly expiresAtUnixMs: number;
}

export function whoDocument(wire: leash.v1.IWhoAmIReply): WhoDocument {
  return {
    name: wire.name ?? '',
    person: wire.person ?? '',
    groups: wire.groups ?? [],
    grants: (wire.grants ?? []).map(({ role, labels, stages, faults, source }) => ({
      role: role ?? '',
      labels: labels ?? {},
      stages: stages ?? [],
      faults: faults ?? [],
      source: source ?? '',
    })),
    methods: wire.methods ?? [],
    expiresAtUnixMs: wire.expiresAtUnixMs ?? 0,
  };
}
