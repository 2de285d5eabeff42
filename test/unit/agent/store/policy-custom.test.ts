import { expect, test } from 'vitest';
import { parsePolicy } from '../../../../agent/store/policy-file.ts';

const path = 'policy.yaml';

test('the programs of the host are listed with what their arguments may look like', () => {
  const text =
    'custom:\n  - { name: nap, executable: /usr/bin/sleep, args: ["*"] }\n  - { name: flush, executable: /usr/sbin/flush-cache }\n';
  expect(parsePolicy(text, path).policy.custom).toEqual([
    { name: 'nap', executable: '/usr/bin/sleep', args: ['*'] },
    { name: 'flush', executable: '/usr/sbin/flush-cache', args: [] },
  ]);
  expect(parsePolicy('', path).policy.custom).toEqual([]);
});

test.each([
  ['{ name: nap, executable: bin/sleep }', 'must be an absolute path'],
  ['{ name: nap, executable: /usr/../sleep }', 'must be an absolute path'],
  ['{ name: nap, executable: "/usr/bin/sh -c" }', 'must be an absolute path'],
  ['{ name: "a b", executable: /usr/bin/sleep }', 'must be small letters'],
  ['{ executable: /usr/bin/sleep }', 'name'],
  ['{ name: nap, executable: /usr/bin/sleep, shell: true }', 'is not a key of the policy; did you mean'],
  ['{ name: nap, executable: /bin/a }, { name: nap, executable: /bin/b }', 'must name each program once'],
])('a list with %s is refused', (programs, message) => {
  expect(() => parsePolicy(`custom: [${programs}]`, path)).toThrow(message);
});
