/** Who asks, which roles they have, and where each of them counts. */
import { allowsFault } from '../../proto/fault-pattern.ts';
import type { Role } from '../../proto/role.ts';
import type { Stage } from '../../proto/stage.ts';

/** Where a role counts. */
export interface AccessScope {
  /** All of these must be equal on a host; empty: every host. */
  readonly labels: Readonly<Record<string, string>>;
  /** Empty: every stage. */
  readonly stages: readonly Stage[];
  /** Kinds, families such as "process.*", or "*". */
  readonly faults: readonly string[];
}

export interface Grant extends AccessScope {
  readonly role: Role;
  /** "the certificate", "binding 2", "the local socket" */
  readonly source: string;
}

/** Plain data: a run keeps who started it. */
export interface Asker {
  /** As the audit has it. */
  readonly name: string;
  /** Whom the name stands for: two names of one person are one approver. */
  readonly person: string;
  readonly groups: readonly string[];
  readonly grants: readonly Grant[];
  /** When the certificate or token runs out. */
  readonly expiresAtUnixMs?: number;
}

/** One thing that somebody wants done on one host. What is absent is not asked about. */
export interface Deed {
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly stage?: Stage;
  readonly fault?: string;
}

export const everywhere: AccessScope = { labels: {}, stages: [], faults: ['*'] };

/**
 * @param allowed the roles that the method is for.
 * @param verb for the message: "start".
 * @returns why not, one line for each deed that no grant covers; empty when every deed is covered.
 */
export function accessRefusals(
  { name, grants }: Pick<Asker, 'name' | 'grants'>,
  {
    allowed,
    verb,
    deeds,
  }: { readonly allowed: readonly Role[]; readonly verb: string; readonly deeds: readonly Deed[] },
): readonly string[] {
  const own = grants.filter((grant) => allowed.includes(grant.role));
  if (own.length === 0) return [`${name} may not ${verb}: ${allowed.join(', ')} may, and it is ${rolesOf(grants)}`];
  const uncovered = deeds.filter((deed) => !own.some((grant) => covers(grant, deed)));
  return [
    ...new Set(uncovered.map((deed) => `${name} may not ${verb} ${deedText(deed)}: ${own.map(grantText).join('; ')}`)),
  ];
}

/** "runner for app=shop in staging (binding 1)" */
export function grantText({ role, labels, stages, faults, source }: Grant): string {
  const where = [
    labelsText(labels) && `for ${labelsText(labels)}`,
    stages.length > 0 && `in ${stages.join(', ')}`,
    !faults.includes('*') && `with ${faults.join(', ') || 'no fault'}`,
  ].filter(Boolean);
  return `${role} ${where.join(' ') || 'everywhere'} (${source})`;
}

function covers(scope: AccessScope, { labels, stage, fault }: Deed): boolean {
  return (
    Object.entries(scope.labels).every(([key, value]) => labels[key] === value) &&
    (stage === undefined || scope.stages.length === 0 || scope.stages.includes(stage)) &&
    (fault === undefined || allowsFault(scope.faults, fault))
  );
}

function deedText({ host, labels, stage, fault }: Deed): string {
  const known = labelsText(labels);
  return [fault ?? '', `on ${host}`, known && `(${known})`, stage && `in ${stage}`].filter(Boolean).join(' ');
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

function rolesOf(grants: readonly Grant[]): string {
  return [...new Set(grants.map(({ role }) => role))].join(', ') || 'given no role here';
}
