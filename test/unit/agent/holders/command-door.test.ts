import { expect, test } from 'vitest';
import { parseHolderCommand, parseHoldOrder } from '../../../../agent/holders/command-door.ts';
import { createLineReader } from '../../../../agent/holders/line-reader.ts';

const order = {
  faultId: 'f',
  kind: 'process.pause',
  parameters: {},
  binding: 'kernel',
  agentPid: 10,
  targets: [{ bootId: 'b', pid: 11, startTimeTicks: 12 }],
  deadlines: { endsAtBootMs: 1000.5 },
};

test('an order comes through as it is', () => {
  expect(parseHoldOrder(JSON.stringify(order))).toEqual(order);
});

test.each([
  ['agentPid', 0],
  ['agentPid', '10'],
  ['binding', 'none'],
  ['targets', [{ bootId: 'b', pid: -1, startTimeTicks: 12 }]],
  ['targets', [{ bootId: 'b', pid: 11 }]],
  ['targets', {}],
  ['deadlines', { endsAtBootMs: null }],
  ['deadlines', { endsAtBootMs: -1 }],
  ['deadlines', undefined],
  ['parameters', []],
  ['kind', ''],
])('an order with %s %j is refused', (field, value) => {
  expect(() => parseHoldOrder(JSON.stringify({ ...order, [field]: value }))).toThrow();
});

test('a command that is not one is refused', () => {
  for (const line of ['{}', 'null', '[]', '"touch"', '{"type":"explode"}', '{"type":"renew"}', '{']) {
    expect(() => parseHolderCommand(line)).toThrow();
  }
  expect(parseHolderCommand('{"type":"touch","more":1}')).toEqual({ type: 'touch' });
});

test('lines come whole out of any chunks', () => {
  const lines: string[] = [];
  const read = createLineReader(10, (line) => lines.push(line));
  for (const chunk of ['a', 'b\nc', '\n', '\nlast\n']) read(chunk);
  expect(lines).toEqual(['ab', 'c', '', 'last']);
});

test('a line that does not end is cut off', () => {
  const read = createLineReader(10, () => {});
  read('12345');
  expect(() => read('678901')).toThrow(/more than 10/);
});
