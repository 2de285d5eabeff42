/** Who is at the other end of a call: a name in a certificate or a token, or the uid that the kernel says a socket has. */
import { type Principal, principalUri } from '../proto/role.ts';

export type Peer =
  | {
      readonly kind: 'certificate';
      readonly principal: Principal;
      readonly notAfterUnixMs: number;
      /** Why it is not let in any more, by the deny list as it is now. */
      readonly denial?: () => string | undefined;
    }
  /** `uid` is undefined where native calls are not to be had; the socket's mode is then all that is known. */
  | {
      readonly kind: 'local';
      readonly uid: number | undefined;
      readonly pid: number | undefined;
      readonly loginUid: number | undefined;
    }
  /** Came in by TLS without a certificate: each call must carry a token. */
  | { readonly kind: 'unnamed' }
  /** Named by a token that was checked. */
  | {
      readonly kind: 'bearer';
      /** "oidc:alice@example.com", "token:ci" */
      readonly name: string;
      readonly groups: readonly string[];
      readonly notAfterUnixMs: number;
    };

/** The name that goes into the audit. */
export function peerName(peer: Peer): string {
  switch (peer.kind) {
    case 'certificate':
      return principalUri(peer.principal);
    case 'bearer':
      return peer.name;
    case 'unnamed':
      return 'a caller without a name';
    case 'local':
      if (peer.uid === undefined) return 'local';
      return peer.loginUid === undefined ? `uid:${peer.uid}` : `uid:${peer.uid}(login:${peer.loginUid})`;
  }
}

/** What a policy or a binding may call it: its full name first, then all that is true of it beside others. */
export function peerNames(peer: Peer): readonly string[] {
  switch (peer.kind) {
    case 'certificate':
      return [peerName(peer), peer.principal.role];
    case 'bearer':
      return [peer.name, ...peer.groups.map((group) => `group:${group}`)];
    case 'unnamed':
      return [peerName(peer)];
    case 'local':
      return [
        peerName(peer),
        'local',
        ...(peer.uid === undefined ? [] : [`uid:${peer.uid}`]),
        ...(peer.loginUid === undefined ? [] : [`login:${peer.loginUid}`]),
      ];
  }
}
