import { expect, test } from 'vitest';
import { parsePolicy } from '../../../../agent/store/policy-file.ts';

const path = 'policy.yaml';

test('the changes of the host are listed with the programs that make, undo and check them', () => {
  const text = 'changes:\n  - { name: flag, make: [/bin/flag, on], undo: [/bin/flag, off], check: [/bin/flag] }\n';
  expect(parsePolicy(text, path).changes).toEqual([
    { name: 'flag', make: ['/bin/flag', 'on'], undo: ['/bin/flag', 'off'], check: ['/bin/flag'] },
  ]);
  expect(parsePolicy('', path).changes).toEqual([]);
});

const good = { name: 'flag', make: '[/bin/on]', undo: '[/bin/off]', check: '[/bin/is-on]' };
const written = (change: object): string =>
  `{ ${Object.entries(change)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')} }`;

test.each([
  [{ ...good, undo: '[off]' }, 'must be an absolute path'],
  [{ ...good, make: '["/bin/on now"]' }, 'must be an absolute path'],
  [{ ...good, make: '[]' }, 'make'],
  [{ ...good, make: '/bin/on' }, 'make'],
  [{ name: 'flag', make: '[/bin/on]', undo: '[/bin/off]' }, 'check'],
  [{ name: 'flag', make: '[/bin/on]', check: '[/bin/is-on]' }, 'undo'],
  [{ ...good, shell: 'true' }, 'is not a key of the policy; did you mean'],
])('a list with %j is refused', (change, message) => {
  expect(() => parsePolicy(`changes: [${written(change)}]`, path)).toThrow(message);
});

test('a name that is there twice is refused', () => {
  expect(() => parsePolicy(`changes: [${written(good)}, ${written(good)}]`, path)).toThrow(
    'must name each change once',
  );
});
