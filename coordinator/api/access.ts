/** From whoever is at the other end of a call to who asks, with their roles. */
import { lettingGo } from '../../proto/method-roles.ts';
import { type Role, roles } from '../../proto/role.ts';
import type { CoordinatorMethod } from '../../proto/services.ts';
import { type Peer, peerName, peerNames } from '../../shared/peer.ts';
import type { Asker, Grant } from '../core/access.ts';
import { type AccessRules, grantsOf, grantsOfOwner, personOf } from '../core/bindings.ts';

export interface Access {
  askerOf(peer: Peer): Asker;
  /** By the bindings; for what lets go, also by the certificate's own role, whatever is bound. */
  rolesOf(peer: Peer, method: CoordinatorMethod): readonly Role[];
}

export function createAccess(rules: AccessRules): Access {
  const grants = (peer: Peer): readonly Grant[] =>
    peer.kind === 'local' ? grantsOfOwner : grantsOf(peerNames(peer), ownRoleOf(peer), rules);
  return {
    askerOf(peer) {
      const name = peerName(peer);
      return {
        name,
        person: personOf(name, rules.people),
        groups: peer.kind === 'bearer' ? peer.groups : [],
        grants: grants(peer),
        ...('notAfterUnixMs' in peer && Number.isFinite(peer.notAfterUnixMs)
          ? { expiresAtUnixMs: peer.notAfterUnixMs }
          : {}),
      };
    },
    rolesOf(peer, method) {
      if (method === 'whoAmI') return roles;
      const bound = grants(peer).map(({ role }) => role);
      const own = ownRoleOf(peer);
      return own && lettingGo.includes(method) ? [...bound, own] : bound;
    },
  };
}

function ownRoleOf(peer: Peer): Role | undefined {
  return peer.kind === 'certificate' ? peer.principal.role : undefined;
}
