/** S15: one idempotency key, one fault. */
import { type Invariant, violationOf } from './invariant.ts';

const violation = violationOf('S15');

export const atMostOnce: Invariant = {
  id: 'S15',
  claim: 'however often an inject arrives, what it asks for is done at most once',
  check: (seen) => {
    const keyOf = new Map(seen.told.map((each) => [`${each.host} ${each.faultId}`, each.key]));
    const first = new Map<string, string>();
    return seen.acts.flatMap(({ host, atMs, faultId, what }) => {
      const key = faultId === undefined ? undefined : keyOf.get(`${host} ${faultId}`);
      if (key === undefined || faultId === undefined || what === 'continue') return [];
      const place = `${host} ${key}`;
      const known = first.get(place) ?? faultId;
      first.set(place, known);
      return known === faultId ? [] : [violation(host, atMs, `key ${key} acted as fault ${known}, then as ${faultId}`)];
    });
  },
};
