/**
 * A room of bounded size for peers that are not known yet. Nobody is turned away at its door: where it is full, whoever
 * came first of the address with the most peers in it is shown out. So peers that only sit there keep nobody out, and
 * one address cannot make the others wait.
 */

export interface WaitingPeer {
  readonly address: string;
  giveWay(): void;
}

export interface WaitingRoom {
  /** @returns how to leave; idempotent. */
  enter(peer: WaitingPeer): () => void;
}

export function createWaitingRoom(peersMax: number): WaitingRoom {
  /** By address; the peers of each in the order of their arrival. */
  const peers = new Map<string, Set<WaitingPeer>>();
  let count = 0;

  function leave(peer: WaitingPeer): void {
    const fromThere = peers.get(peer.address);
    if (!fromThere?.delete(peer)) return;
    count -= 1;
    if (fromThere.size === 0) peers.delete(peer.address);
  }

  /** Of the busiest address. */
  function first(): WaitingPeer | undefined {
    let busiest: Set<WaitingPeer> | undefined;
    for (const fromThere of peers.values()) if (fromThere.size > (busiest?.size ?? 0)) busiest = fromThere;
    return busiest?.values().next().value;
  }

  return {
    enter(peer) {
      const fromThere = peers.get(peer.address) ?? new Set();
      peers.set(peer.address, fromThere.add(peer));
      count += 1;
      const leaving = count > peersMax ? first() : undefined;
      if (leaving) {
        leave(leaving);
        leaving.giveWay();
      }
      return () => leave(peer);
    },
  };
}
