/** User names by /etc/passwd (passwd(5)); users of a directory service stand in the table by uid alone. */
import { readFileSync, statSync } from 'node:fs';

/** The file at one moment. */
export interface UserNames {
  nameOf(uid: number): string | undefined;
  uidOf(name: string): number | undefined;
}

/** @returns a function that reads the file again only when it has changed. A missing file has no users. */
export function createUsers(path = '/etc/passwd'): () => UserNames {
  let stamp = '';
  let names = namesIn('');
  return () => {
    const newStamp = stampOf(path);
    if (newStamp !== stamp) {
      names = namesIn(newStamp === '' ? '' : readFileSync(path, 'utf8'));
      stamp = newStamp;
    }
    return names;
  };
}

/** useradd(8) replaces the file, so the inode is part of it. */
function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs}` : '';
}

function namesIn(text: string): UserNames {
  const names = new Map<number, string>();
  const uids = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name = '', , uidText = ''] = line.split(':');
    if (name === '' || name.startsWith('#') || !/^\d+$/.test(uidText)) continue;
    const uid = Number(uidText);
    // The first line counts where two share a uid or a name (getpwuid(3)).
    if (!names.has(uid)) names.set(uid, name);
    if (!uids.has(name)) uids.set(name, uid);
  }
  return { nameOf: (uid) => names.get(uid), uidOf: (name) => uids.get(name) };
}
