/**
 * OpenPGP signatures, checked by gpg(1) with the keys of one file and no others: it gets a home of its own for each
 * question, so that no keyring, no configuration and no key server has a say. A key that has run out or was revoked by
 * now counts for nothing, nor does a signature with a hash that is weaker than SHA-256.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface OpenPgpQuestion {
  /** Armored public keys, one block after the other. */
  readonly keys: string;
  /** Armored and detached. */
  readonly signature: string;
  readonly payload: Uint8Array;
}

const deadlineMs = 5000;
const outputBytesMax = 1_048_576;
const keysBytesMax = 1_048_576;
/** RFC 4880, section 9.4: SHA-256, SHA-384 and SHA-512. */
const hashes: readonly string[] = ['8', '9', '10'];

/** @returns the address, or else the whole user id, of who signed. @throws Error in words. */
export async function verifyOpenPgp({ keys, signature, payload }: OpenPgpQuestion): Promise<string> {
  if (keys.length > keysBytesMax)
    throw new Error(`the OpenPGP keys have ${keys.length} bytes, at most ${keysBytesMax}`);
  const home = await mkdtemp(join(tmpdir(), 'leash-gpg-'));
  try {
    const file = async (name: string, content: string | Uint8Array): Promise<string> => {
      const path = join(home, name);
      await writeFile(path, content, { mode: 0o600 });
      return path;
    };
    // Without one, newer versions may keep keys with a daemon of theirs.
    await file('common.conf', '');
    await gpg(home, '--import', await file('keys', keys));
    const status = await gpg(home, '--verify', await file('signature', signature), await file('payload', payload));
    return signerOf(status);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** What is said of a signature, by the first word of each line (doc/DETAILS of GnuPG). */
function signerOf(status: string): string {
  const lines = status
    .split('\n')
    .filter((line) => line.startsWith('[GNUPG:] '))
    .map((line) => line.split(' ').slice(1));
  const first = (word: string): readonly string[] | undefined => lines.find(([begin]) => begin === word)?.slice(1);
  const bad = problems.find(([word]) => first(word) !== undefined);
  if (bad) throw new Error(`${bad[1]} (key ${first(bad[0])?.[0] ?? ''})`);
  const [good, valid] = [first('GOODSIG'), first('VALIDSIG')];
  if (lines.filter(([word]) => word === 'NEWSIG').length !== 1 || !good || !valid) {
    throw new Error('gpg found no single good signature');
  }
  const hash = valid[7] ?? '';
  if (!hashes.includes(hash)) throw new Error(`its hash is number ${hash} of OpenPGP, must be SHA-256 or better`);
  const user = good.slice(1).join(' ');
  return /<([^<>\s]+)>$/.exec(user)?.[1] ?? user;
}

const problems: readonly (readonly [string, string])[] = [
  ['NO_PUBKEY', 'it is by none of the OpenPGP keys'],
  ['BADSIG', 'it does not fit what it is said to be over'],
  ['EXPSIG', 'it has expired'],
  ['EXPKEYSIG', 'its key has expired'],
  ['REVKEYSIG', 'its key was revoked'],
  ['ERRSIG', 'it could not be checked'],
];

/** @returns what it says for programs, whatever it exits with. @throws Error where it could not be run. */
function gpg(home: string, ...args: readonly string[]): Promise<string> {
  const fixed = ['--homedir', home, '--no-options', '--batch', '--no-tty', '--no-autostart', '--no-auto-key-retrieve'];
  const trusting = ['--trust-model', 'always', '--status-fd', '1'];
  const options = {
    timeout: deadlineMs,
    maxBuffer: outputBytesMax,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', HOME: home },
  };
  return new Promise((resolve, reject) => {
    execFile('gpg', [...fixed, ...trusting, ...args], options, (error, output) => {
      if (error && typeof error.code !== 'number') reject(new Error(`gpg could not be run: ${error.message}`));
      else resolve(output);
    });
  });
}
