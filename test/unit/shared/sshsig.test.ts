import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllowedSigners } from '../../../coordinator/permits/allowed-signers.ts';
import { parsePublicKey, verifySshSignature } from '../../../shared/sshsig.ts';
import { makeTestDirectory, type TestDirectory } from '../../rig/directory.ts';
import { makeKey, makeSecurityKey, type SigningKey } from '../../rig/signing.ts';

const message = 'an intent\n';

describe('a signature by ssh-keygen', () => {
  let directory: TestDirectory;
  let file: string;
  const keys = new Map<string, SigningKey>();

  beforeAll(() => {
    directory = makeTestDirectory();
    file = join(directory.path, 'message');
    writeFileSync(file, message);
    for (const type of [
      ['ed25519'],
      ['ecdsa', '-b', '256'],
      ['ecdsa', '-b', '384'],
      ['ecdsa', '-b', '521'],
      ['rsa', '-b', '2048'],
    ]) {
      keys.set(type.join(' '), makeKey(directory.path, type.join(''), type));
    }
  });
  afterAll(() => directory.remove());

  it.each(['ed25519', 'ecdsa -b 256', 'ecdsa -b 384', 'ecdsa -b 521', 'rsa -b 2048'])(
    'of a key of %s tells who signed',
    (type) => {
      const key = keys.get(type) as SigningKey;
      const signature = key.sign(file, 'leash-intent');
      expect(verifySshSignature(signature, Buffer.from(message), 'leash-intent')).toBe(parsePublicKey(key.publicKey));
      expect(() => verifySshSignature(signature, Buffer.from(`${message} `), 'leash-intent')).toThrow('does not fit');
      expect(() => verifySshSignature(signature, Buffer.from(message), 'git')).toThrow('must be for "git"');
    },
  );

  it.each(['ed25519', 'ecdsa'] as const)(
    'of a security key of %s tells who signed, if somebody touched it, and ssh-keygen says the same',
    (kind) => {
      const key = makeSecurityKey(directory.path, kind, kind);
      const path = join(directory.path, `message-${kind}`);
      writeFileSync(path, message);
      const signature = key.sign(path);
      expect(verifySshSignature(signature, Buffer.from(message), 'leash-intent')).toBe(parsePublicKey(key.publicKey));
      expect(() => verifySshSignature(signature, Buffer.from(`${message} `), 'leash-intent')).toThrow('does not fit');
      expect(() => verifySshSignature(key.signUntouched(path), Buffer.from(message), 'leash-intent')).toThrow(
        'nobody touched the security key',
      );
      expect(verifiedBySshKeygen(path, key)).toContain('Good "leash-intent" signature');
      const signers = parseAllowedSigners(`sam@example.com ${key.publicKey}\n`);
      expect(signers.principalOf(parsePublicKey(key.publicKey), 'leash-intent')).toBe('sam@example.com');
      const another = key.publicKey.split(' ');
      const bytes = Buffer.from(another[1] ?? '', 'base64');
      // The application is part of the key: "ssh;" is another one.
      bytes[bytes.length - 1] = 0x3b;
      const other = parsePublicKey([another[0], bytes.toString('base64')].join(' '));
      expect(verifySshSignature(signature, Buffer.from(message), 'leash-intent')).not.toBe(other);
    },
  );

  function verifiedBySshKeygen(path: string, key: SigningKey): string {
    const signers = join(directory.path, 'signers');
    writeFileSync(signers, `sam@example.com ${key.publicKey}\n`);
    const args = ['-Y', 'verify', '-f', signers, '-I', 'sam@example.com', '-n', 'leash-intent', '-s', `${path}.sig`];
    return execFileSync('ssh-keygen', args, { input: message, encoding: 'utf8' });
  }

  it('of which any one byte was changed is refused, and nothing worse happens', () => {
    const signature = (keys.get('ed25519') as SigningKey).sign(file, 'leash-intent');
    const lines = signature.trim().split('\n');
    const bytes = Buffer.from(lines.slice(1, -1).join(''), 'base64');
    const good = parsePublicKey((keys.get('ed25519') as SigningKey).publicKey);
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] as number) ^ 1;
      const armored = [lines[0], changed.toString('base64'), lines.at(-1)].join('\n');
      let key = '';
      try {
        key = verifySshSignature(armored, Buffer.from(message), 'leash-intent');
      } catch {
        continue;
      }
      expect(key, `byte ${index}`).not.toBe(good);
    }
    for (let length = 0; length < bytes.length; length += 1) {
      const armored = [lines[0], bytes.subarray(0, length).toString('base64'), lines.at(-1)].join('\n');
      expect(() => verifySshSignature(armored, Buffer.from(message), 'leash-intent')).toThrow();
    }
  });

  it('of a key that is short, of a kind that is not known, or not what it says is not taken', () => {
    const short = makeKey(directory.path, 'short', ['rsa', '-b', '1024']);
    expect(() => parsePublicKey(short.publicKey)).toThrow('the key has 1024 bits, at least 2048 needed');
    const ed25519 = (keys.get('ed25519') as SigningKey).publicKey;
    expect(() => parsePublicKey(ed25519.replace('ssh-ed25519', 'ssh-rsa'))).toThrow(
      'it says ssh-rsa, and is ssh-ed25519',
    );
    expect(() => parsePublicKey('ssh-dss AAAAB3NzaC1kc3M=')).toThrow('is not known here');
    expect(() => parsePublicKey('ssh-ed25519 what is this')).toThrow();
  });

  it('is by whom the allowed signers name, for what they may sign', () => {
    const [one, other] = [keys.get('ed25519') as SigningKey, keys.get('rsa -b 2048') as SigningKey];
    const text = `# who may\nsam@example.com namespaces="leash-intent,git" ${one.publicKey}\neve@example.com namespaces="git" ${other.publicKey}\n`;
    const signers = parseAllowedSigners(text);
    expect(signers.principalOf(parsePublicKey(one.publicKey), 'leash-intent')).toBe('sam@example.com');
    expect(signers.principalOf(parsePublicKey(other.publicKey), 'leash-intent')).toBeUndefined();
    const dated = parseAllowedSigners(`sam@example.com valid-before="20200101" ${one.publicKey}\n`);
    expect(dated.principalOf(parsePublicKey(one.publicKey), 'leash-intent')).toBeUndefined();
    expect(() => parseAllowedSigners('sam@example.com ssh-ed25519 broken\n')).toThrow('line 1 of the allowed signers');
  });

  it('is read by ssh-keygen just as here', () => {
    const key = keys.get('ed25519') as SigningKey;
    key.sign(file, 'leash-intent');
    expect(verifiedBySshKeygen(file, key)).toContain('Good "leash-intent" signature');
  });
});
