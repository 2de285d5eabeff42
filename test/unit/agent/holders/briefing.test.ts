import { expect, test } from 'vitest';
import { parseHoldOrder } from '../../../../agent/holders/command-door.ts';

const order = {
  faultId: 'f',
  kind: 'network.cut',
  parameters: {},
  binding: 'kernel',
  agentPid: 10,
  targets: [],
  deadlines: { endsAtBootMs: 1000 },
};

test('what the host answered comes through as it is', () => {
  for (const briefing of [
    { controlPath: { localPorts: [22, 7443] } },
    { programs: [{ name: 'nap', executable: '/usr/bin/sleep' }] },
    { changes: [{ name: 'flag', make: ['/bin/flag', 'on'], undo: ['/bin/flag', 'off'], check: ['/bin/flag'] }] },
  ]) {
    expect(parseHoldOrder(JSON.stringify({ ...order, briefing })).briefing).toEqual(briefing);
  }
});

test.each([
  [null],
  [[]],
  [{ controlPath: 22 }],
  [{ controlPath: {} }],
  [{ controlPath: { localPorts: 22 } }],
  [{ controlPath: { localPorts: ['22'] } }],
  [{ controlPath: { localPorts: [0] } }],
  [{ programs: {} }],
  [{ programs: ['nap'] }],
  [{ programs: [{ name: 'nap' }] }],
  [{ changes: [{ name: 'flag', make: ['/bin/on'], undo: ['/bin/off'] }] }],
  [{ changes: [{ name: 'flag', make: '/bin/on', undo: ['/bin/off'], check: ['/bin/flag'] }] }],
  [{ changes: [{ name: 'flag', make: [''], undo: ['/bin/off'], check: ['/bin/flag'] }] }],
])('an answer like %j is refused', (briefing) => {
  expect(() => parseHoldOrder(JSON.stringify({ ...order, briefing }))).toThrow();
});
