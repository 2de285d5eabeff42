import { describe, expect, it } from 'vitest';
import {
  connectionsMax,
  connectionsPerAddressMax,
  connectionsReserved,
  createConnectionSlots,
} from '../../../shared/connection-slots.ts';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe('connections with a name', () => {
  it(`are at most ${connectionsPerAddressMax} from one address`, () => {
    const slots = createConnectionSlots();
    const admitted = numbers(connectionsPerAddressMax).map(() => slots.admit('10.0.0.1', false));
    expect(admitted.every(Boolean)).toBe(true);
    expect(slots.admit('10.0.0.1', false)).toBeUndefined();
    admitted[0]?.();
    expect(slots.admit('10.0.0.1', false)).toBeDefined();
  });

  it(`are at most ${connectionsMax}, of which the last ${connectionsReserved} are for those who must get through`, () => {
    const slots = createConnectionSlots();
    const ordinary = numbers(connectionsMax).map((number) => slots.admit(`10.0.0.${number}`, false));
    expect(ordinary.filter(Boolean)).toHaveLength(connectionsMax - connectionsReserved);
    const preferred = numbers(connectionsReserved + 1).map(() => slots.admit('10.0.0.1', true));
    expect(preferred.filter(Boolean)).toHaveLength(connectionsReserved);
    preferred[0]?.();
    expect(slots.admit('10.0.0.1', false)).toBeUndefined();
    expect(slots.admit('10.0.0.1', true)).toBeDefined();
  });

  it('leave their place once, however often they say so', () => {
    const slots = createConnectionSlots();
    const leaves = numbers(connectionsPerAddressMax).map(() => slots.admit('10.0.0.1', false));
    leaves[0]?.();
    leaves[0]?.();
    expect(slots.admit('10.0.0.1', false)).toBeDefined();
    expect(slots.admit('10.0.0.1', false)).toBeUndefined();
  });

  it('of one address leave room to those who must get through from that same address', () => {
    const slots = createConnectionSlots();
    for (const _ of numbers(connectionsPerAddressMax)) slots.admit('10.0.0.1', false);
    expect(slots.admit('10.0.0.1', true)).toBeDefined();
  });
});
