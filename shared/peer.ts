/** Who is at the other end of a call: the name in a certificate, or the uid that the kernel says a local socket has. */
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
    };

/** The name that goes into the audit. */
export function peerName(peer: Peer): string {
  if (peer.kind === 'certificate') return principalUri(peer.principal);
  if (peer.uid === undefined) return 'local';
  return peer.loginUid === undefined ? `uid:${peer.uid}` : `uid:${peer.uid}(login:${peer.loginUid})`;
}
