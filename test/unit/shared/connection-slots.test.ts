import { describe, expect, it } from 'vitest';
import {
  connectionsMax,
  connectionsPerAddressMax,
  connectionsReserved,
  createConnectionSlots,
  handshakesMax,
  handshakesPerAddressMax,
} from '../../../shared/connection-slots.ts';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe('connections that wait for their handshake', () => {
  function arrivals() {
    const slots = createConnectionSlots();
    const shownOut: string[] = [];
    const arrive = (name: string, address: string): (() => void) =>
      slots.beginHandshake({ address, giveWay: () => shownOut.push(name) });
    return { arrive, shownOut };
  }

  it('give way, the oldest of an address first, to the next one from there', () => {
    const { arrive, shownOut } = arrivals();
    for (const number of numbers(handshakesPerAddressMax + 2)) arrive(`${number}`, '10.0.0.1');
    expect(shownOut).toEqual(['0', '1']);
  });

  it('give way at the busiest address when all places are taken, so that a new address always gets one', () => {
    const { arrive, shownOut } = arrivals();
    for (const number of numbers(handshakesPerAddressMax)) arrive(`busy ${number}`, '10.0.0.1');
    for (const number of numbers(handshakesMax - handshakesPerAddressMax)) arrive(`${number}`, `10.0.1.${number}`);
    arrive('new', '10.0.2.1');
    expect(shownOut).toEqual(['busy 0']);
  });

  it('give way no more once they are over', () => {
    const { arrive, shownOut } = arrivals();
    const leave = arrive('done', '10.0.0.1');
    leave();
    leave();
    for (const number of numbers(handshakesPerAddressMax)) arrive(`${number}`, '10.0.0.1');
    expect(shownOut).toEqual([]);
  });
});

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
