import { describe, expect, it } from 'vitest';
import { createWaitingRoom } from '../../../shared/waiting-room.ts';

describe('a waiting room for four', () => {
  function room() {
    const waiting = createWaitingRoom(4);
    const shownOut: string[] = [];
    const enter = (name: string, address: string): (() => void) =>
      waiting.enter({ address, giveWay: () => shownOut.push(name) });
    return { enter, shownOut };
  }

  it('shows out whoever came first, for the next one', () => {
    const { enter, shownOut } = room();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) enter(name, '10.0.0.1');
    expect(shownOut).toEqual(['a', 'b']);
  });

  it('shows out one of the busiest address, so that a new address always finds a place', () => {
    const { enter, shownOut } = room();
    enter('other', '10.0.0.2');
    for (const name of ['a', 'b', 'c']) enter(name, '10.0.0.1');
    enter('new', '10.0.0.3');
    expect(shownOut).toEqual(['a']);
  });

  it('forgets who left, however often they say so', () => {
    const { enter, shownOut } = room();
    const leave = enter('a', '10.0.0.1');
    leave();
    leave();
    for (const name of ['b', 'c', 'd', 'e']) enter(name, '10.0.0.1');
    expect(shownOut).toEqual([]);
    enter('f', '10.0.0.1');
    expect(shownOut).toEqual(['b']);
  });
});
