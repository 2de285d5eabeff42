/** A signed commit as a host sees it: real git makes it, and the host has neither git nor the repository. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CommitProof, IntentPolicy } from '../../../../agent/core/intent.ts';
import { lookAtIntent } from '../../../../agent/intents/look-at-intent.ts';
import { signerOfCommit } from '../../../../agent/intents/signed-commit.ts';
import { commitProof } from '../../../../coordinator/permits/commit-proof.ts';
import { openGit } from '../../../../coordinator/permits/git.ts';
import { intentText } from '../../../../proto/intent.ts';
import { sha256Of } from '../../../../shared/digest.ts';
import { type GitCommit, parseCommit } from '../../../../shared/git-object.ts';
import { parsePublicKey } from '../../../../shared/sshsig.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';
import {
  type IntentRepository,
  makeKey,
  makeOpenPgpKey,
  makeRepository,
  makeSecurityKey,
  type SigningKey,
} from '../../../rig/signing.ts';

const folder = 'leash/intents';
const name = `${folder}/one.json`;
const scope = '{"format":1,"hostNames":["host-a"],"method":[],"stage":"production-lite"}';
const intent = intentText({
  fleet: 'shop',
  experiment: 'signed',
  scopeDigest: sha256Of(scope),
  stage: 'production-lite',
  notBefore: '2026-11-27T11:00:00Z',
  notAfter: '2026-11-27T13:00:00Z',
  runs: 1,
  nonce: '0123456789abcdef0123456789abcdef',
});

let keys: TestDirectory;
let sam: SigningKey;
let eve: SigningKey;
beforeAll(() => {
  keys = makeTestDirectory();
  [sam, eve] = [makeKey(keys.path, 'sam'), makeKey(keys.path, 'eve')];
});
afterAll(() => keys.remove());

// Real programs are run: generous where the machine has more to do.
describe.each(['sha1', 'sha256'] as const)(
  'an intent in a signed commit of a repository of %s',
  { timeout: 60_000 },
  (objectFormat) => {
    let directory: TestDirectory;
    let repository: IntentRepository;

    beforeEach(() => {
      directory = makeTestDirectory();
      repository = makeRepository(directory.path, [['sam@example.com', sam]], objectFormat);
    });
    afterEach(() => directory.remove());

    function write(path = name, text = intent): void {
      mkdirSync(dirname(repository.path(path)), { recursive: true });
      writeFileSync(repository.path(path), text);
    }
    const proofOf = (commit: string, path = name): Promise<CommitProof> =>
      commitProof(openGit(repository.folder), commit, path);
    const signer = (proof: CommitProof, place = folder, text = intent): string =>
      signerOfCommit(proof, Buffer.from(text), place);
    const samsKey = (): string => parsePublicKey(sam.publicKey);

    it('is by whoever signed the commit that brought it, or changed it, also as the first of all or by a merge', async () => {
      write();
      expect(signer(await proofOf(repository.commit('Allow it', sam)))).toBe(samsKey());
      write(name, intent.replace('"runs": 1', '"runs": 2'));
      const changed = await proofOf(repository.commit('Allow two', sam));
      expect(signer(changed, folder, intent.replace('"runs": 1', '"runs": 2'))).toBe(samsKey());
      repository.git('checkout', '-q', '--orphan', 'alone');
      write();
      expect(signer(await proofOf(repository.commit('The first of all', sam)))).toBe(samsKey());
      // Brought by the merge itself, and in neither of its parents.
      repository.git('checkout', '-q', '-b', 'side', 'main');
      writeFileSync(repository.path('side'), '');
      repository.commit('Something else');
      repository.git('checkout', '-q', 'main');
      repository.git('merge', '-q', '--no-ff', '--no-commit', 'side');
      write('leash/intents/two.json');
      const merge = repository.commit('Merge, and allow it', sam);
      expect(repository.git('rev-list', '--parents', '-1', merge).trim().split(' ')).toHaveLength(3);
      expect(signer(await proofOf(merge, 'leash/intents/two.json'))).toBe(samsKey());
    });

    it('does not count by a signed commit that found it there, also behind a merge', async () => {
      write();
      const unsigned = repository.commit('Nobody signs');
      writeFileSync(repository.path('README'), '');
      const signed = repository.commit('Sam signs something else', sam);
      expect(() => signer({ path: name, objects: [] })).toThrow('the commit names no tree');
      const proof = await proofOf(signed);
      expect(() => signer(proof)).toThrow(`it was there before the commit, in ${unsigned.slice(0, 12)}`);
      await expect(proofOf(unsigned).then(signer)).rejects.toThrow('the commit is not signed');
      repository.git('checkout', '-q', '-b', 'side', `${unsigned}~1`);
      writeFileSync(repository.path('side'), '');
      repository.commit('Elsewhere');
      repository.git('merge', '-q', '--no-ff', '--no-commit', 'main');
      const merged = await proofOf(repository.commit('Sam merges', sam));
      expect(() => signer(merged)).toThrow('it was there before the commit');
      // Who leaves the parent out that would show it shows nothing.
      for (let index = 1; index < merged.objects.length; index += 1) {
        const objects = merged.objects.filter((_object, at) => at !== index);
        expect(() => signer({ ...merged, objects })).toThrow(/did not come with the commit|it was there before/);
      }
    });

    it('counts in its folder only, as a file, and word for word', async () => {
      write('elsewhere/one.json');
      write('one.json');
      write(`${folder}/deep/one.json`);
      write(`${folder}/one.txt`);
      write(`${folder}/good.json`, `${intent} `);
      const commit = repository.commit('Many', sam);
      for (const path of ['elsewhere/one.json', 'one.json', `${folder}/deep/one.json`, `${folder}/one.txt`]) {
        await expect(proofOf(commit, path).then(signer)).rejects.toThrow('counts as a file .json of the folder');
      }
      expect(signer(await proofOf(commit, 'one.json'), '.')).toBe(samsKey());
      await expect(proofOf(commit, `${folder}/good.json`).then(signer)).rejects.toThrow('has no such intent');
      await expect(proofOf(commit, `${folder}/deep`).then(signer)).rejects.toThrow('counts as a file .json');
      await expect(proofOf(commit, `${folder}/none.json`).then(signer)).rejects.toThrow('has no such intent');
      repository.git(
        'update-index',
        '--add',
        '--cacheinfo',
        `120000,${repository.git('hash-object', repository.path('one.json')).trim()},${folder}/link.json`,
      );
      repository.git('-c', 'gpg.format=ssh', '-c', `user.signingkey=${sam.path}`, 'commit', '-q', '-S', '-m', 'A link');
      const linked = await proofOf(repository.git('rev-parse', 'HEAD').trim(), `${folder}/link.json`);
      expect(() => signer(linked)).toThrow('has no such intent');
    });

    /** Nothing but white space of the armor around the signature is another. */
    const isSignedAlike = (one: Uint8Array, other: Uint8Array): boolean => {
      try {
        const [first, second] = [parseCommit(Buffer.from(one)), parseCommit(Buffer.from(other))];
        const bare = ({ signature = '' }: GitCommit): string => signature.replaceAll(/\s/g, '');
        return first.payload.equals(second.payload) && bare(first) === bare(second);
      } catch {
        return false;
      }
    };

    it('is not believed with any byte of its objects changed, or any of them left out', async () => {
      write();
      const proof = await proofOf(repository.commit('Allow it', sam));
      let tried = 0;
      for (const [index, object] of proof.objects.entries()) {
        expect(() => signer({ ...proof, objects: proof.objects.filter((_each, at) => at !== index) })).toThrow();
        for (let at = 0; at < object.length; at += 1) {
          const changed = Buffer.from(object);
          changed[at] = (changed[at] ?? 0) ^ 1;
          const objects = proof.objects.map((each, place) => (place === index ? changed : each));
          tried += 1;
          if (index === 0 && isSignedAlike(changed, object)) continue;
          expect(() => signer({ ...proof, objects }), `byte ${at} of object ${index}`).toThrow();
        }
      }
      expect(tried).toBeGreaterThan(500);
    });

    it('that was moved there is by whoever moved it', async () => {
      write('draft.json');
      repository.commit('A draft, not signed');
      mkdirSync(repository.path(folder), { recursive: true });
      renameSync(repository.path('draft.json'), repository.path(name));
      expect(signer(await proofOf(repository.commit('Sam takes it', sam)))).toBe(samsKey());
      rmSync(repository.path(name));
      repository.commit('Taken back');
    });
  },
);

describe('a host', { timeout: 60_000 }, () => {
  let directory: TestDirectory;
  let repository: IntentRepository;
  beforeAll(() => {
    directory = makeTestDirectory();
    repository = makeRepository(directory.path, []);
  });
  afterAll(() => directory.remove());

  const pinned = (more: Partial<IntentPolicy> = {}): IntentPolicy => ({
    fleet: 'shop',
    keys: [parsePublicKey(sam.publicKey)],
    commitFolder: '.',
    ...more,
  });
  let count = 0;
  async function seen(key: Parameters<IntentRepository['commit']>[1], policy = pinned(), edit?: object) {
    const file = `${++count}.json`;
    const path = join(repository.folder, file);
    writeFileSync(path, intent);
    const commit = await commitProof(openGit(repository.folder), repository.commit('Allow it', key), file);
    rmSync(path);
    repository.commit('Over');
    const found = lookAtIntent({ intent, signature: '', commit, scope, ...edit }, policy, () => ({}));
    return found.kind === 'unusable' ? found.detail : found.kind;
  }

  it('takes one by a commit that a pinned key signed, one on a security key among them', async () => {
    expect(await seen(sam)).toBe('signed');
    expect(await seen(eve)).toContain('not among intents.keys');
    expect(await seen(undefined)).toContain('the commit is not signed');
    const key = makeSecurityKey(directory.path, 'sk', 'ed25519');
    const file = join(directory.path, 'detached.json');
    writeFileSync(file, intent);
    const keysOfSk = pinned({ keys: [parsePublicKey(key.publicKey)] });
    const proof = { intent, signature: key.sign(file), scope };
    expect(lookAtIntent(proof, keysOfSk, () => ({})).kind).toBe('signed');
  });

  it('takes none where its policy names no folder, and no detached signature that was made for a commit', async () => {
    const { commitFolder: _none, ...detachedOnly } = pinned();
    expect(await seen(sam, detachedOnly)).toContain('only a detached one counts here (intents.commitFolder)');
    const file = join(directory.path, 'as-commit.json');
    writeFileSync(file, intent);
    expect(await seen(sam, pinned(), { signature: sam.sign(file, 'git') })).toContain('it was made for "git"');
    expect(await seen(sam, pinned(), { intent: intent.replace('"runs": 1', '"runs": 9') })).toContain(
      'has no such intent',
    );
  });

  it('takes no signature by OpenPGP, and says what it takes', async () => {
    const key = makeOpenPgpKey(directory.path, 'pat');
    try {
      expect(await seen(key)).toContain('signed by OpenPGP, and a host takes signatures by SSH keys');
    } finally {
      key.dispose();
    }
  });

  it('refuses in words whatever else comes as a commit', () => {
    const line = fc.constantFrom(
      'tree ',
      'parent ',
      'gpgsig ',
      'gpgsig-sha256 ',
      ' ',
      '\n',
      'a'.repeat(40),
      '0'.repeat(64),
    );
    const text = fc.array(fc.oneof(line, fc.string({ maxLength: 5 })), { maxLength: 30 });
    const object = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      text.map((parts) => Buffer.from(parts.join(''), 'latin1')),
    );
    fc.assert(
      fc.property(fc.array(object, { maxLength: 4 }), (objects) => {
        const proof = { intent, signature: '', commit: { path: '1.json', objects }, scope };
        expect(lookAtIntent(proof, pinned(), () => ({})).kind).toBe('unusable');
      }),
      { numRuns: 2000 },
    );
  });

  it('reads no commit that is huge', async () => {
    const objects = [Buffer.alloc(98_305)];
    const found = lookAtIntent(
      { intent, signature: '', commit: { path: '1.json', objects }, scope },
      pinned(),
      () => ({}),
    );
    expect(found).toMatchObject({ kind: 'unusable', detail: expect.stringContaining('at most 200 of 98304 are read') });
  });
});
