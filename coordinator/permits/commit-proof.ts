/** What shows, to somebody without the repository, that a commit brought an intent: see agent/intents/signed-commit.ts. */
import { commitProofBytesMax } from '../../proto/intent.ts';
import { findEntry, parseCommit } from '../../shared/git-object.ts';
import type { CommitProof } from '../engine/intent-proof.ts';
import type { Git } from './git.ts';

/** @param name of the intent in the folder of `git`. @throws Error */
export async function commitProof(git: Git, id: string, name: string): Promise<CommitProof> {
  const path = `${await git.prefix()}${name}`;
  const names = path.split('/');
  const commit = await git.object('commit', id);
  const { tree, parents } = parseCommit(commit);
  const objects = new Map([[id, commit]]);
  await addTrees(tree, names);
  for (const parent of parents) {
    const content = await git.object('commit', parent);
    objects.set(parent, content);
    await addTrees(parseCommit(content).tree, names);
  }
  const all = [...objects.values()];
  const bytes = all.reduce((sum, { length }) => sum + length, 0);
  if (bytes > commitProofBytesMax) {
    const found = `commit ${id.slice(0, 12)} and its trees have ${bytes} bytes, hosts read at most ${commitProofBytesMax}`;
    throw new Error(`${found}: sign the intent by ssh-keygen -Y sign, or keep intents in a smaller repository`);
  }
  return { path, objects: all };

  /** As far as there are any on the way. */
  async function addTrees(treeId: string, [first = '', ...rest]: readonly string[]): Promise<void> {
    const content = objects.get(treeId) ?? (await git.object('tree', treeId));
    objects.set(treeId, content);
    const entry = findEntry(content, first, treeId);
    if (rest.length > 0 && entry?.kind === 'tree') await addTrees(entry.id, rest);
  }
}
