/** What a policy may call a caller: its full name first, as the audit has it, then all that is true of it beside others. */
import { type Peer, peerName } from '../../shared/peer.ts';

export function callerNames(peer: Peer): readonly string[] {
  if (peer.kind === 'certificate') return [peerName(peer), peer.principal.role];
  return [
    peerName(peer),
    'local',
    ...(peer.uid === undefined ? [] : [`uid:${peer.uid}`]),
    ...(peer.loginUid === undefined ? [] : [`login:${peer.loginUid}`]),
  ];
}
