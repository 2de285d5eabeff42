/** In place of `shared/front-door.ts`: who calls is written on the call. */
import type { Peer } from '../../../shared/peer.ts';

/** @throws Error for a call without a name. */
export function peerOf(call: { readonly peer?: Peer }): Peer {
  if (!call.peer) throw new Error('the caller has no name');
  return call.peer;
}
