/**
 * What a run takes for itself while it lasts: the zones of its hosts and the services that it may hurt. At most one
 * experiment at a time has each of them; what an experiment only depends on may be shared by those who depend on it too.
 */
import type { Experiment } from './experiment.ts';

export interface Claim {
  readonly kind: 'zone' | 'service';
  readonly name: string;
  /** Depended on, and not aimed at: others may depend on it, but nobody may aim at it. */
  readonly isShared: boolean;
}

export interface HeldClaim extends Claim {
  readonly runId: string;
  readonly experiment: string;
}

export interface ClaimingHost {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A host without a zone counts as a zone of its own, since it could be in any; it has no service unless it says so. */
export function claimsOf(experiment: Experiment, hosts: readonly ClaimingHost[]): readonly Claim[] {
  const zones = unique(hosts.map(({ name, labels }) => labels.zone ?? `unknown (${name})`));
  const aimedAt = aimedServices(experiment, hosts);
  const needed = unique(experiment.dependsOn).filter((name) => !aimedAt.includes(name));
  return [
    ...zones.map((name): Claim => ({ kind: 'zone', name, isShared: false })),
    ...aimedAt.map((name): Claim => ({ kind: 'service', name, isShared: false })),
    ...needed.map((name): Claim => ({ kind: 'service', name, isShared: true })),
  ];
}

/** Those it may hurt: its own, and those of its hosts. */
export function aimedServices(experiment: Experiment, hosts: readonly ClaimingHost[]): readonly string[] {
  return unique(
    [experiment.labels.service, ...hosts.map((host) => host.labels.service)].filter((name) => name !== undefined),
  );
}

/** Why a run cannot have what it wants: each claim with who has it, and the bound. */
export function claimConflicts(runId: string, wanted: readonly Claim[], held: readonly HeldClaim[]): readonly string[] {
  return wanted.flatMap((claim) =>
    held
      .filter((other) => other.runId !== runId && other.kind === claim.kind && other.name === claim.name)
      .filter((other) => !(other.isShared && claim.isShared))
      .map((other) => {
        const has = other.isShared ? 'depends on it' : 'has it';
        return `${claim.kind} ${claim.name} is taken: run ${other.runId} (${other.experiment}) ${has}, at most 1 experiment a ${claim.kind}`;
      }),
  );
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}
