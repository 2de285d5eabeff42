/**
 * Names of users by /etc/passwd (passwd(5)) and of groups by /etc/group (group(5)); those of a directory service stand
 * in the table by number alone.
 */
import { readFileSync, statSync } from 'node:fs';

/** The file at one moment. */
export interface AccountNames {
  nameOf(id: number): string | undefined;
}

export interface UserNames extends AccountNames {
  uidOf(name: string): number | undefined;
}

/** @returns a function that reads the file again only when it has changed. A missing file has no users. */
export function createUsers(path = '/etc/passwd'): () => UserNames {
  return createAccounts(path);
}

/** Likewise, of groups: their lines begin as those of users do, with name, password and number. */
export function createGroups(path = '/etc/group'): () => AccountNames {
  return createAccounts(path);
}

function createAccounts(path: string): () => UserNames {
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
