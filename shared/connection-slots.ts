/**
 * Who may hold a connection, counted twice: while hands are being shaken by address, for nothing else is known then,
 * and afterwards by the name in the certificate too. Whoever only connects and waits loses its place to whoever comes
 * next, so that idle connections of any number keep nobody out.
 */

/** With a name: connections that calls are made on. */
export const connectionsMax = 64;
/** Of these, from one address. */
export const connectionsPerAddressMax = 16;
/** The last of these, which only those who must always get through can take. */
export const connectionsReserved = 4;
/** Without a name yet: connections whose handshake is under way. */
export const handshakesMax = 64;
export const handshakesPerAddressMax = 16;

/** Something that can be shown out. */
interface Waiting {
  readonly address: string;
  giveWay(): void;
}

export interface ConnectionSlots {
  /** Takes a place for a handshake; where there is none, the one that waited longest gives way. @returns how to leave it. */
  beginHandshake(waiting: Waiting): () => void;
  /**
   * Takes a place for a connection that has a name. @returns how to leave it, or undefined where there is none.
   * @param isPreferred whether it may take one of the reserved places.
   */
  admit(address: string, isPreferred: boolean): (() => void) | undefined;
}

export function createConnectionSlots(): ConnectionSlots {
  /** In the order of their arrival. */
  const handshakes = new Set<Waiting>();
  const handshaking = createTally();
  const named = createTally();
  let namedCount = 0;
  let reservedInUse = 0;

  function oldestOf(address: string): Waiting | undefined {
    for (const waiting of handshakes) if (waiting.address === address) return waiting;
    return undefined;
  }

  function leaveHandshake(waiting: Waiting): void {
    if (handshakes.delete(waiting)) handshaking.add(waiting.address, -1);
  }

  return {
    beginHandshake(waiting) {
      const { address } = waiting;
      const isFull = handshakes.size >= handshakesMax;
      // The busiest address pays, so that one peer cannot make the others wait.
      const payer = handshaking.of(address) >= handshakesPerAddressMax ? address : isFull ? handshaking.busiest() : '';
      const leaving = payer === '' ? undefined : oldestOf(payer);
      if (leaving) {
        leaveHandshake(leaving);
        leaving.giveWay();
      }
      handshakes.add(waiting);
      handshaking.add(address, 1);
      return () => leaveHandshake(waiting);
    },

    admit(address, isPreferred) {
      const hasPlace = namedCount - reservedInUse < connectionsMax - connectionsReserved;
      const isOrdinary = hasPlace && named.of(address) < connectionsPerAddressMax;
      if (!isOrdinary && !(isPreferred && reservedInUse < connectionsReserved)) return undefined;
      namedCount += 1;
      named.add(address, 1);
      if (!isOrdinary) reservedInUse += 1;
      let hasLeft = false;
      return () => {
        if (hasLeft) return;
        hasLeft = true;
        namedCount -= 1;
        named.add(address, -1);
        if (!isOrdinary) reservedInUse -= 1;
      };
    },
  };
}

interface Tally {
  of(address: string): number;
  add(address: string, change: 1 | -1): void;
  /** The address with the most, or "" when there is none. */
  busiest(): string;
}

function createTally(): Tally {
  const counts = new Map<string, number>();
  const of = (address: string): number => counts.get(address) ?? 0;
  return {
    of,
    add(address, change) {
      const count = of(address) + change;
      if (count > 0) counts.set(address, count);
      else counts.delete(address);
    },
    busiest() {
      let found = '';
      for (const [address, count] of counts) if (found === '' || count > of(found)) found = address;
      return found;
    },
  };
}
