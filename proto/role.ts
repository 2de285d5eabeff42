/** The nine roles, and the SPIFFE-style names that carry one: spiffe://TRUST-DOMAIN/ROLE/NAME (SPIFFE ID, section 2). */
import { InvalidInput } from './invalid-input.ts';

export const roles = [
  'viewer',
  'author',
  'approver',
  'runner',
  'halter',
  'rearmer',
  'agent',
  'coordinator',
  'auditor',
] as const;

export type Role = (typeof roles)[number];

/** Who a certificate says its holder is. */
export interface Principal {
  readonly trustDomain: string;
  readonly role: Role;
  readonly name: string;
}

const nameExpression = /^[A-Za-z0-9._-]{1,128}$/;
const trustDomainExpression = /^[a-z0-9._-]{1,128}$/;

export function isRole(value: string): value is Role {
  return (roles as readonly string[]).includes(value);
}

export function principalUri(principal: Principal): string {
  return `spiffe://${principal.trustDomain}/${principal.role}/${principal.name}`;
}

/** @throws InvalidInput unless the text is spiffe://TRUST-DOMAIN/ROLE/NAME with one of the nine roles. */
export function parsePrincipalUri(uri: string): Principal {
  const expectation = 'must be spiffe://TRUST-DOMAIN/ROLE/NAME';
  const parts = uri.startsWith('spiffe://') ? uri.slice('spiffe://'.length).split('/') : [];
  const [trustDomain = '', role = '', name = ''] = parts;
  if (parts.length !== 3 || !trustDomainExpression.test(trustDomain) || !nameExpression.test(name)) {
    throw new InvalidInput('certificate name', uri, expectation);
  }
  if (!isRole(role)) throw new InvalidInput('certificate role', role, `must be one of ${roles.join(', ')}`);
  return { trustDomain, role, name };
}
