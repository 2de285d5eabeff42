/**
 * Objects of git as they are hashed and signed (gitformat-signature(5)), read without running git. Whoever has the id of
 * an object may believe what is in it, wherever it came from.
 */
import { createHash } from 'node:crypto';

export interface GitCommit {
  /** The id of the tree of its root. */
  readonly tree: string;
  readonly parents: readonly string[];
  /** With its BEGIN and END lines; undefined where nobody signed. */
  readonly signature: string | undefined;
  /** What the signature is over: the commit without it. */
  readonly payload: Buffer;
}

/** Where an object is a file, this is false for links and other repositories. */
export interface GitEntry {
  readonly id: string;
  readonly kind: 'file' | 'tree' | 'other';
}

const idPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const newline = 0x0a;

/** Of the repository that an id is of: SHA-1, or SHA-256 where it was made with --object-format=sha256. */
export function objectId(type: 'blob' | 'commit' | 'tree', content: Uint8Array, likeId: string): string {
  const hash = createHash(likeId.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`${type} ${content.length}\0`).update(content).digest('hex');
}

/** @param content without the header that it is hashed with. @throws Error in words for what git would not have written. */
export function parseCommit(content: Buffer): GitCommit {
  const headers = headersOf(content);
  const [tree = '', ...rest] = headers.lines.map(({ text }) => text);
  const treeId = /^tree (\S+)$/.exec(tree)?.[1] ?? '';
  if (!idPattern.test(treeId)) throw new Error('the commit names no tree in its first line');
  const parents: string[] = [];
  for (const line of rest) {
    const id = /^parent (\S+)$/.exec(line)?.[1];
    if (id === undefined) break;
    if (!idPattern.test(id) || id.length !== treeId.length) throw new Error('the commit names a parent by no id');
    parents.push(id);
  }
  const own = treeId.length === 64 ? 'gpgsig-sha256' : 'gpgsig';
  const signatures = headers.lines.filter(({ text }) => text.startsWith('gpgsig'));
  const [first, second] = signatures;
  // What git leaves out of the payload must be just what is looked at here.
  if (second || (first && !first.text.startsWith(`${own} `))) {
    throw new Error(`the commit must have one signature, as ${own}`);
  }
  if (!first) return { tree: treeId, parents, signature: undefined, payload: content };
  return {
    tree: treeId,
    parents,
    signature: first.text.slice(own.length + 1),
    payload: Buffer.concat([content.subarray(0, first.start), content.subarray(first.end)]),
  };
}

/** @returns what a tree has under this name; undefined where it has nothing. @throws Error for what is no tree. */
export function findEntry(tree: Buffer, name: string, likeId: string): GitEntry | undefined {
  const idBytes = likeId.length / 2;
  const wanted = Buffer.from(name);
  let found: GitEntry | undefined;
  for (let offset = 0; offset < tree.length; ) {
    const zero = tree.indexOf(0, offset);
    const space = tree.indexOf(0x20, offset);
    const end = zero + 1 + idBytes;
    if (zero < 0 || space < 0 || space > zero || end > tree.length) throw new Error('a tree of it is torn');
    if (tree.subarray(space + 1, zero).equals(wanted)) {
      if (found) throw new Error(`a tree of it has ${JSON.stringify(name)} twice`);
      const mode = tree.toString('latin1', offset, space);
      found = { id: tree.toString('hex', zero + 1, end), kind: kinds[mode] ?? 'other' };
    }
    offset = end;
  }
  return found;
}

const kinds: Readonly<Record<string, GitEntry['kind']>> = { '100644': 'file', '100755': 'file', '40000': 'tree' };

interface Header {
  /** Its continuation lines, which begin with a space, are joined to it by line breaks. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Up to the empty line; what follows it is the message. */
function headersOf(content: Buffer): { readonly lines: readonly Header[] } {
  const lines: Header[] = [];
  for (let offset = 0; offset < content.length; ) {
    const lineEnd = content.indexOf(newline, offset);
    if (lineEnd < 0) throw new Error('a header of the commit is torn');
    if (lineEnd === offset) break;
    const text = content.toString('latin1', offset, lineEnd);
    const last = lines.at(-1);
    if (text.startsWith(' ') && last) {
      lines[lines.length - 1] = { ...last, text: `${last.text}\n${text.slice(1)}`, end: lineEnd + 1 };
    } else {
      lines.push({ text, start: offset, end: lineEnd + 1 });
    }
    offset = lineEnd + 1;
  }
  return { lines };
}
