/**
 * A join token: with it a new host finds out that it speaks to its own fleet, and the fleet that the host may join.
 * "leash-join:TRUST-DOMAIN:FINGERPRINT:SECRET": the SHA-256 of the authority's certificate and 32 random bytes, both in
 * base64url. The secret is sent only to a coordinator whose certificate that very authority has issued.
 */
import { createHash } from 'node:crypto';
import { InvalidInput } from '../proto/invalid-input.ts';

export interface JoinToken {
  readonly trustDomain: string;
  /** Of the authority's certificate (DER). */
  readonly fingerprint: string;
  readonly secret: string;
}

const expression = /^leash-join:([a-z0-9._-]{1,128}):([\w-]{43}):([\w-]{43})$/;

export function formatJoinToken({ trustDomain, fingerprint, secret }: JoinToken): string {
  return `leash-join:${trustDomain}:${fingerprint}:${secret}`;
}

/** @throws InvalidInput, which does not repeat what was given: it may be a secret of something else. */
export function parseJoinToken(text: string): JoinToken {
  const [, trustDomain, fingerprint, secret] = expression.exec(text.trim()) ?? [];
  if (trustDomain === undefined || fingerprint === undefined || secret === undefined) {
    throw new InvalidInput('the join token', undefined, 'must be the one line that `leash join-token` printed');
  }
  return { trustDomain, fingerprint, secret };
}

export function fingerprintOf(certificateDer: Uint8Array): string {
  return createHash('sha256').update(certificateDer).digest('base64url');
}
