/** The places for connections that have a name: how many in all, how many from one address, and who always finds one. */

export const connectionsMax = 64;
export const connectionsPerAddressMax = 16;
/** The last of these, which only those who must always get through can take. */
export const connectionsReserved = 4;

export interface ConnectionSlots {
  /**
   * @param isPreferred whether it may take one of the reserved places, also beyond what one address may have.
   * @returns how to leave the place, or undefined where there is none.
   */
  admit(address: string, isPreferred: boolean): (() => void) | undefined;
}

export function createConnectionSlots(): ConnectionSlots {
  const perAddress = new Map<string, number>();
  let count = 0;
  let reservedInUse = 0;
  return {
    admit(address, isPreferred) {
      const fromThere = perAddress.get(address) ?? 0;
      const hasPlace = count - reservedInUse < connectionsMax - connectionsReserved;
      const isOrdinary = hasPlace && fromThere < connectionsPerAddressMax;
      if (!isOrdinary && !(isPreferred && reservedInUse < connectionsReserved)) return undefined;
      count += 1;
      perAddress.set(address, fromThere + 1);
      if (!isOrdinary) reservedInUse += 1;
      let hasLeft = false;
      return () => {
        if (hasLeft) return;
        hasLeft = true;
        count -= 1;
        const left = (perAddress.get(address) ?? 1) - 1;
        if (left > 0) perAddress.set(address, left);
        else perAddress.delete(address);
        if (!isOrdinary) reservedInUse -= 1;
      };
    },
  };
}
