/** Real SSH keys, real git, real signatures. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SigningKey {
  readonly path: string;
  /** "ssh-ed25519 AAAA… name" */
  readonly publicKey: string;
  /** Writes FILE.sig beside the file. @returns the armored signature. */
  sign(file: string, namespace?: string): string;
}

export function makeKey(folder: string, name: string, type: readonly string[] = ['ed25519']): SigningKey {
  const path = join(folder, `key-${name}`);
  execFileSync('ssh-keygen', ['-q', '-t', ...type, '-N', '', '-C', name, '-f', path]);
  return {
    path,
    publicKey: readFileSync(`${path}.pub`, 'utf8').trim(),
    sign(file, namespace = 'leash-intent') {
      // ssh-keygen(1) does not write over one that is there.
      rmSync(`${file}.sig`, { force: true });
      execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, '-f', path, file], { stdio: 'pipe' });
      return readFileSync(`${file}.sig`, 'utf8');
    },
  };
}

export interface IntentRepository {
  readonly folder: string;
  readonly allowedSigners: string;
  /** Where the intent of this name is, in the working tree. */
  path(name: string): string;
  /** @param key signs the commit; without one it is not signed. */
  commit(message: string, key?: SigningKey): void;
}

export function makeRepository(
  directory: string,
  signers: readonly (readonly [string, SigningKey])[],
): IntentRepository {
  const folder = join(directory, 'intents');
  const allowedSigners = join(directory, 'allowed_signers');
  mkdirSync(folder);
  writeFileSync(allowedSigners, signers.map(([who, { publicKey }]) => `${who} ${publicKey}\n`).join(''), {
    mode: 0o600,
  });
  const git = (...args: readonly string[]): void => {
    const own = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'gpg.format=ssh'];
    execFileSync('git', ['-C', folder, ...own, ...args], { stdio: 'pipe' });
  };
  git('init', '-q', '-b', 'main');
  git('commit', '-q', '--allow-empty', '-m', 'Begin');
  return {
    folder,
    allowedSigners,
    path: (name) => join(folder, name),
    commit(message, key) {
      git('add', '-A');
      git(...(key ? ['-c', `user.signingkey=${key.path}`] : []), 'commit', '-q', ...(key ? ['-S'] : []), '-m', message);
    },
  };
}
