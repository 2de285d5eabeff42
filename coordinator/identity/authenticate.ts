/** Who comes with a token: a program with one of ours, or a person with one of the provider of identities. */
import { Refused } from '../../proto/refused.ts';
import type { Peer } from '../../shared/peer.ts';
import { findToken, type Token } from '../http/tokens.ts';
import type { Oidc } from './oidc.ts';

export interface TokenSources {
  /** Read anew for each call: a token that was removed is worth nothing from then on. Absent: there are none. */
  tokens?(): Promise<readonly Token[]>;
  readonly oidc?: Oidc;
}

/** Our own come first: they need nobody else. @throws Refused */
export function createAuthenticate({ tokens, oidc }: TokenSources): (secret: string) => Promise<Peer> {
  return async (secret) => {
    const token = tokens ? findToken(await tokens(), secret) : undefined;
    if (token) {
      return { kind: 'bearer', name: `token:${token.name}`, groups: [], notAfterUnixMs: Number.POSITIVE_INFINITY };
    }
    if (oidc) return oidc.verify(secret);
    throw new Refused([{ reason: 'role-not-allowed', message: 'the token is not one of those that are known here' }]);
  };
}
