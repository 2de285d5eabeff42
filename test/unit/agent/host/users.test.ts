import { expect, test } from 'vitest';
import { createUsers } from '../../../../agent/host/users.ts';
import { copyProcTree } from './proc-tree.ts';

test('users are known both ways, and the first line counts where two share a uid', () => {
  const tree = copyProcTree('debian-12');
  const names = createUsers(`${tree.root}/passwd`)();
  expect([names.nameOf(0), names.nameOf(33), names.nameOf(4711)]).toEqual(['root', 'www-data', undefined]);
  expect([names.uidOf('toor'), names.uidOf('alice'), names.uidOf('broken')]).toEqual([0, 1000, undefined]);
  tree.remove();
});

test('a host without a passwd file has no users', () => {
  expect(createUsers('/nonexistent/passwd')().nameOf(0)).toBeUndefined();
});
