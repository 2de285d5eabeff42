/** Real SSH keys, real OpenPGP keys, real git, real signatures. */
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign as signBytes } from 'node:crypto';
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

/** A security key, as PROTOCOL.u2f of OpenSSH has it, in software: what a real one answers, without the key. */
export function makeSecurityKey(
  folder: string,
  name: string,
  kind: 'ed25519' | 'ecdsa',
): SigningKey & { signUntouched(file: string): string } {
  const type = kind === 'ed25519' ? 'sk-ssh-ed25519@openssh.com' : 'sk-ecdsa-sha2-nistp256@openssh.com';
  const application = Buffer.from('ssh:');
  const { privateKey, publicKey } =
    kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const point = Buffer.from(`${jwk.x}`, 'base64url');
  const numbers =
    kind === 'ed25519'
      ? [point]
      : [Buffer.from('nistp256'), Buffer.concat([Buffer.from([4]), point, Buffer.from(`${jwk.y}`, 'base64url')])];
  const blob = Buffer.concat([Buffer.from(type), ...numbers, application].map(lengthFirst));
  let counter = 0;

  function signatureOf(message: Buffer, flags: number): Buffer {
    const seen = Buffer.alloc(5);
    seen.writeUInt8(flags);
    seen.writeUInt32BE(++counter, 1);
    const data = Buffer.concat([sha256(application), seen, sha256(message)]);
    if (kind === 'ed25519')
      return Buffer.concat([lengthFirst(Buffer.from(type)), lengthFirst(signBytes(null, data, privateKey)), seen]);
    const both = signBytes('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const pair = Buffer.concat([both.subarray(0, 32), both.subarray(32)].map(unsigned).map(lengthFirst));
    return Buffer.concat([lengthFirst(Buffer.from(type)), lengthFirst(pair), seen]);
  }
  function armored(file: string, namespace: string, flags: number): string {
    const digest = createHash('sha512').update(readFileSync(file)).digest();
    const about = [Buffer.from(namespace), Buffer.alloc(0), Buffer.from('sha512')];
    const message = Buffer.concat([Buffer.from('SSHSIG'), ...[...about, digest].map(lengthFirst)]);
    const parts = [blob, ...about, signatureOf(message, flags)].map(lengthFirst);
    const text = Buffer.concat([Buffer.from('SSHSIG'), Buffer.from([0, 0, 0, 1]), ...parts]).toString('base64');
    const lines = text.match(/.{1,70}/g) ?? [];
    return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
  }
  return {
    path: join(folder, `key-${name}`),
    publicKey: `${type} ${blob.toString('base64')} ${name}`,
    sign(file, namespace = 'leash-intent') {
      const signature = armored(file, namespace, 1);
      writeFileSync(`${file}.sig`, signature);
      return signature;
    },
    signUntouched: (file) => armored(file, 'leash-intent', 0),
  };
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function lengthFirst(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A multiple precision integer: no zeros in front, but one where its first bit is set (RFC 4251, section 5). */
function unsigned(number: Buffer): Buffer {
  const first = number.findIndex((byte) => byte !== 0);
  const digits = number.subarray(first < 0 ? number.length : first);
  return (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits;
}

export interface OpenPgpKey {
  readonly kind: 'openpgp';
  readonly email: string;
  /** Of gpg(1), with the private key in it. */
  readonly home: string;
  /** Armored. */
  publicKey(): string;
  gpg(...args: readonly string[]): string;
  /** Ends the agent that gpg(1) has started. */
  dispose(): void;
}

/** @param folder of a short path: the socket of gpg-agent is in it. @param madeAt where its clock stands still: "20260101T120000". */
export function makeOpenPgpKey(folder: string, name: string, expires = 'never', madeAt?: string): OpenPgpKey {
  const home = join(folder, `gpg-${name}`);
  mkdirSync(home, { mode: 0o700 });
  const env = { ...process.env, GNUPGHOME: home };
  const clock = madeAt === undefined ? [] : ['--faked-system-time', `${madeAt}!`];
  const gpg = (...args: readonly string[]): string => {
    const quiet = ['--batch', '--quiet', '--no-tty', '--pinentry-mode', 'loopback', '--passphrase', ''];
    return execFileSync('gpg', [...quiet, ...clock, ...args], { env, encoding: 'utf8', stdio: 'pipe' });
  };
  // What git is to sign by: it lives at the same time as its key.
  writeFileSync(join(home, 'program'), `#!/bin/sh\nexec gpg ${clock.join(' ')} "$@"\n`, { mode: 0o700 });
  const email = `${name}@example.com`;
  gpg('--quick-gen-key', `${name} <${email}>`, 'ed25519', 'sign', expires);
  return {
    kind: 'openpgp',
    email,
    home,
    publicKey: () => gpg('--armor', '--export', email),
    gpg,
    dispose: () => void execFileSync('gpgconf', ['--kill', 'gpg-agent'], { env, stdio: 'pipe' }),
  };
}

export interface IntentRepository {
  readonly folder: string;
  readonly allowedSigners: string;
  /** Where the intent of this name is, in the working tree. */
  path(name: string): string;
  /** @param key signs the commit; without one it is not signed. @returns its id. */
  commit(message: string, key?: SigningKey | OpenPgpKey): string;
  git(...args: readonly string[]): string;
}

export function makeRepository(
  directory: string,
  signers: readonly (readonly [string, SigningKey])[],
  objectFormat: 'sha1' | 'sha256' = 'sha1',
): IntentRepository {
  const folder = join(directory, 'intents');
  const allowedSigners = join(directory, 'allowed_signers');
  mkdirSync(folder);
  writeFileSync(allowedSigners, signers.map(([who, { publicKey }]) => `${who} ${publicKey}\n`).join(''), {
    mode: 0o600,
  });
  let home = '';
  const git = (...args: readonly string[]): string => {
    const own = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
    const env = home === '' ? process.env : { ...process.env, GNUPGHOME: home };
    return execFileSync('git', ['-C', folder, ...own, ...args], { stdio: 'pipe', encoding: 'utf8', env });
  };
  git('init', '-q', '-b', 'main', `--object-format=${objectFormat}`);
  git('commit', '-q', '--allow-empty', '-m', 'Begin');
  return {
    folder,
    allowedSigners,
    path: (name) => join(folder, name),
    commit(message, key) {
      const isOpenPgp = key !== undefined && 'kind' in key;
      home = isOpenPgp ? key.home : '';
      const own = isOpenPgp
        ? [`user.signingkey=${key.email}`, 'gpg.format=openpgp', `gpg.program=${key.home}/program`]
        : ['gpg.format=ssh'];
      const signing = key && !isOpenPgp ? [...own, `user.signingkey=${key.path}`] : own;
      const settings = signing.flatMap((each) => ['-c', each]);
      git('add', '-A');
      git(...settings, 'commit', '-q', ...(key ? ['-S'] : []), '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD').trim();
    },
    git,
  };
}
