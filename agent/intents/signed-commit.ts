/**
 * An intent by a signed git commit. The commit comes as git signed it, with just the trees by which it is seen here, hash
 * by hash, that the intent is in the commit's folder, and that it was in none of its parents: who signs what others have
 * put there before vouches for nothing. Git's own SHA-1 may be believed for this, since git refuses every object that a
 * collision was made with, so that whoever signed had none of them.
 */
import { commitProofBytesMax } from '../../proto/intent.ts';
import { findEntry, type GitCommit, objectId, parseCommit } from '../../shared/git-object.ts';
import { type SshPublicKey, verifySshSignature } from '../../shared/sshsig.ts';
import type { CommitProof } from '../core/intent.ts';

const objectsMax = 200;
const parentsMax = 16;
/** What git says its signatures are for. */
const namespace = 'git';

/** @returns the key that signed. Whether that key may is for the caller to say. @throws Error in words. */
export function signerOfCommit({ path, objects }: CommitProof, intent: Buffer, folder: string): SshPublicKey {
  const bytes = objects.reduce((sum, { length }) => sum + length, 0);
  if (bytes > commitProofBytesMax || objects.length > objectsMax) {
    const found = `${objects.length} objects of ${bytes} bytes`;
    throw new Error(`the commit came with ${found}, at most ${objectsMax} of ${commitProofBytesMax} are read`);
  }
  const names = path.split('/');
  const place = names.slice(0, -1).join('/') || '.';
  if (place !== folder || !names.at(-1)?.endsWith('.json')) {
    throw new Error(`it is ${path} in the commit, and counts as a file .json of the folder ${folder}`);
  }
  const [content, ...others] = objects.map((each) => Buffer.from(each));
  const commit = parseCommit(content ?? Buffer.alloc(0));
  const key = signerOf(commit);
  if (commit.parents.length > parentsMax) {
    throw new Error(`the commit has ${commit.parents.length} parents, at most ${parentsMax} are read`);
  }
  const read = readerOf(others, commit.tree);
  const intentId = objectId('blob', intent, commit.tree);
  if (idAt(commit.tree, names, read) !== intentId) throw new Error(`the commit has no such intent as ${path}`);
  for (const parent of commit.parents) {
    const { tree } = parseCommit(read('commit', parent));
    if (idAt(tree, names, read) === intentId) {
      throw new Error(
        `it was there before the commit, in ${parent.slice(0, 12)}: the commit that brought it must be signed`,
      );
    }
  }
  return key;
}

function signerOf({ signature, payload }: GitCommit): SshPublicKey {
  if (signature === undefined) throw new Error('the commit is not signed');
  if (signature.startsWith('-----BEGIN PGP')) {
    throw new Error('the commit is signed by OpenPGP, and a host takes signatures by SSH keys (gpg.format=ssh)');
  }
  return verifySshSignature(signature, payload, namespace);
}

type Read = (type: 'commit' | 'tree', id: string) => Buffer;

/** By the id that each one hashes to: what it is said to be does not count. */
function readerOf(objects: readonly Buffer[], likeId: string): Read {
  const known = new Map<string, Buffer>();
  for (const object of objects) {
    for (const type of ['commit', 'tree'] as const) known.set(`${type} ${objectId(type, object, likeId)}`, object);
  }
  return (type, id) => {
    const object = known.get(`${type} ${id}`);
    if (!object) throw new Error(`${type} ${id.slice(0, 12)} did not come with the commit`);
    return object;
  };
}

/** @returns the id of the file of this path; undefined where there is none. */
function idAt(tree: string, names: readonly string[], read: Read): string | undefined {
  const [name = '', ...rest] = names;
  const entry = findEntry(read('tree', tree), name, tree);
  if (rest.length > 0) return entry?.kind === 'tree' ? idAt(entry.id, rest, read) : undefined;
  return entry?.kind === 'file' ? entry.id : undefined;
}
