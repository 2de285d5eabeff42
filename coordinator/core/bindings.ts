/** Bindings: which names and groups have which role, and where it counts. */
import { type Role, roles } from '../../proto/role.ts';
import { type AccessScope, everywhere, type Grant } from './access.ts';

export interface Binding extends AccessScope {
  /**
   * Any of: the role of a certificate ("runner"), a whole name ("spiffe://acme/runner/alice", "oidc:alice@acme.com",
   * "token:ci", "uid:1000", "login:1000", "local"), "group:NAME".
   */
  readonly who: readonly string[];
  readonly role: Role;
}

/** Several names of one person. */
export interface KnownPerson {
  readonly name: string;
  readonly is: readonly string[];
}

export interface AccessRules {
  /** Absent: the role of a certificate counts everywhere, and nobody else has one. */
  readonly bindings?: readonly Binding[];
  readonly people: readonly KnownPerson[];
}

export const noAccessRules: AccessRules = { people: [] };

/** Of a certificate: where nothing is bound its own role counts everywhere; otherwise only what a binding says. */
export function grantsOf(names: readonly string[], ownRole: Role | undefined, rules: AccessRules): readonly Grant[] {
  if (!rules.bindings) return ownRole ? [{ ...everywhere, role: ownRole, source: 'the certificate' }] : [];
  return rules.bindings.flatMap(({ who, ...grant }, index) =>
    who.some((each) => names.includes(each)) ? [{ ...grant, source: `binding ${index + 1}` }] : [],
  );
}

/** Whoever may write the state of the coordinator may do everything: saying otherwise would be for show. */
export const grantsOfOwner: readonly Grant[] = roles
  .filter((role) => role !== 'agent' && role !== 'coordinator')
  .map((role) => ({ ...everywhere, role, source: 'the local socket' }));

/**
 * Whom a name stands for. A person may have a certificate for each role, and a name at the provider of identities: the
 * role is left out, and "alice" of the trust domain acme.com is whom the provider calls alice@acme.com.
 */
export function personOf(name: string, people: readonly KnownPerson[] = []): string {
  const known = people.find((person) => person.is.includes(name) || person.is.includes(bareOf(name)));
  return known ? known.name : bareOf(name);
}

/** A token is a program's: it approves nothing. */
export function isPerson(name: string): boolean {
  return !name.startsWith('token:') && !/^spiffe:\/\/[^/]+\/(agent|coordinator)\//.test(name);
}

function bareOf(name: string): string {
  const certificate = /^spiffe:\/\/([^/]+)\/[^/]+\/([^/]+)$/.exec(name);
  if (certificate) return `${certificate[2]}@${certificate[1]}`;
  const login = /^uid:\d+\((login:\d+)\)$/.exec(name)?.[1];
  return login ?? name.replace(/^oidc:/, '');
}
