import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGit } from '../../../coordinator/permits/git.ts';
import { openIntentFolder } from '../../../coordinator/permits/intent-folder.ts';
import { verifyOpenPgp } from '../../../coordinator/permits/openpgp-signature.ts';
import { intentText } from '../../../proto/intent.ts';
import type { Stage } from '../../../proto/stage.ts';
import { parseCommit } from '../../../shared/git-object.ts';
import { makeTestDirectory, type TestDirectory } from '../../rig/directory.ts';
import {
  type IntentRepository,
  makeKey,
  makeOpenPgpKey,
  makeRepository,
  type OpenPgpKey,
  type SigningKey,
} from '../../rig/signing.ts';

const scopeDigest = `sha256:${'0'.repeat(64)}`;
const now = Date.parse('2026-11-27T12:00:00Z');

// Real programs are run: generous where the machine has more to do.
describe('intents in a folder of a git repository', { timeout: 60_000 }, () => {
  let directory: TestDirectory;
  let signer: SigningKey;
  let stranger: SigningKey;
  let repository: IntentRepository;

  beforeEach(() => {
    directory = makeTestDirectory();
    [signer, stranger] = [makeKey(directory.path, 'sam'), makeKey(directory.path, 'eve')];
    repository = makeRepository(directory.path, [['sam@example.com', signer]]);
  });
  afterEach(() => directory.remove());

  function write(name: string, more: Partial<Parameters<typeof intentText>[0]> = {}): void {
    const text = intentText({
      fleet: 'shop',
      experiment: 'paid',
      scopeDigest,
      stage: 'production-full',
      notBefore: '2026-11-27T11:00:00Z',
      notAfter: '2026-11-27T13:00:00Z',
      runs: 2,
      nonce: 'a'.repeat(32),
      ...more,
    });
    writeFileSync(repository.path(name), text);
  }
  async function find(
    used = 0,
    isForHosts = false,
    stage: Stage = 'production-full',
    more: { openPgpKeys?: string } = {},
    at = now,
  ) {
    const { folder, allowedSigners } = repository;
    const settings = { fleet: 'shop', stages: [], folder, allowedSigners, branch: 'main', ...more };
    return openIntentFolder(settings, () => at).find({ scopeDigest, stage, isForHosts }, async () => used);
  }

  it('count by a commit that somebody who may has signed', async () => {
    write('one.json');
    repository.commit('Allow it', signer);
    expect(await find(1)).toMatchObject({ intent: { signedBy: 'sam@example.com', runsLeft: 1 }, problems: [] });
    expect(await find(0, true)).toMatchObject({ intent: { commit: { name: 'one.json' } }, problems: [] });
    expect((await find(2)).problems).toEqual(['one.json: 2 of the 2 runs that it is for have started']);
    expect((await find(0, false, 'staging')).problems).toEqual([
      'one.json: it is for production-full, and the experiment is for staging',
    ]);
  });

  it('count by a signature beside them, which hosts can check too', async () => {
    write('one.json');
    const signature = signer.sign(repository.path('one.json'));
    repository.commit('Allow it');
    const { intent } = await find(0, true);
    expect(intent).toMatchObject({ signature, signedBy: 'sam@example.com', source: 'one.json, with one.json.sig,' });
  });

  it('are shown to hosts by a detached signature first, and by a signed commit where there is no other', async () => {
    write('one.json');
    repository.commit('By a commit', signer);
    write('two.json', { nonce: 'b'.repeat(32) });
    signer.sign(repository.path('two.json'));
    repository.commit('By a signature beside it');
    expect((await find(0, true)).intent?.source).toBe('two.json, with two.json.sig,');
  });

  describe('by a commit that is signed by OpenPGP', () => {
    let key: OpenPgpKey;
    let other: OpenPgpKey;
    let openPgpKeys: string;
    beforeEach(() => {
      [key, other] = [makeOpenPgpKey(directory.path, 'pat'), makeOpenPgpKey(directory.path, 'eve')];
      openPgpKeys = join(directory.path, 'keys.asc');
      writeFileSync(openPgpKeys, `Who may:\n${key.publicKey()}`);
    }, 60_000);
    afterEach(() => {
      key.dispose();
      other.dispose();
    });

    /** Keys are of today, and so are those intents. */
    const allow = (letter: string, by: OpenPgpKey): string => {
      write('one.json', {
        nonce: letter.repeat(32),
        notBefore: '2020-01-01T00:00:00Z',
        notAfter: '2099-01-01T00:00:00Z',
      });
      return repository.commit('Allow it', by);
    };
    const findNow = (isForHosts = false, more: { openPgpKeys?: string } = { openPgpKeys }) =>
      find(0, isForHosts, 'production-full', more, Date.now());
    const problems = async (): Promise<string> => (await findNow()).problems.join();

    it('count by a key of the file, for the coordinator alone', async () => {
      allow('a', key);
      expect((await findNow(false, {})).problems).toEqual([
        expect.stringContaining('is signed by OpenPGP, and intents.openPgpKeys names no keys'),
      ]);
      expect((await findNow()).intent).toMatchObject({
        signedBy: 'pat@example.com',
        source: expect.stringMatching(/^one\.json, in commit/),
      });
      expect((await findNow(true)).problems).toEqual([
        'one.json: one.json.sig is not there, and its commit is signed by OpenPGP, which hosts do not take',
      ]);
    });

    it('do not count by another key, by one that has run out since, or by one that was revoked', async () => {
      allow('a', other);
      expect(await problems()).toMatch(/by none of the OpenPGP keys \(key [0-9A-F]{16}\)/);
      allow('b', key);
      expect(await problems()).toBe('');
      writeFileSync(openPgpKeys, `${other.publicKey()}\n${key.publicKey()}`);
      expect(await problems()).toBe('');
      const fingerprint = /^fpr:+(\w+):/m.exec(key.gpg('--list-keys', '--with-colons'))?.[1] ?? '';
      // A key of an hour, two hours ago.
      const hoursAgo = new Date(Date.now() - 7_200_000).toISOString().replaceAll(/[-:]|\.\d+Z/g, '');
      const old = makeOpenPgpKey(directory.path, 'old', 'seconds=3600', hoursAgo);
      writeFileSync(openPgpKeys, old.publicKey());
      allow('c', old);
      expect(await problems()).toMatch(/its key has expired/);
      old.dispose();
      writeFileSync(openPgpKeys, key.publicKey());
      allow('d', key);
      expect(await problems()).toBe('');
      const revocation = readFileSync(join(key.home, 'openpgp-revocs.d', `${fingerprint}.rev`), 'utf8');
      const path = join(directory.path, 'revocation');
      writeFileSync(path, revocation.replace(':-----BEGIN', '-----BEGIN'));
      key.gpg('--import', path);
      writeFileSync(openPgpKeys, key.publicKey());
      expect(await problems()).toMatch(/its key was revoked/);
      writeFileSync(openPgpKeys, 'nothing');
      expect(await problems()).toContain('by none of the OpenPGP keys');
    });

    it('do not count where one byte of what was signed is another', async () => {
      const id = allow('a', key);
      const { payload, signature = '' } = parseCommit(await openGit(repository.folder).object('commit', id));
      const question = { keys: key.publicKey(), signature };
      expect(await verifyOpenPgp({ ...question, payload })).toBe('pat@example.com');
      for (const at of [0, 60, payload.length - 1]) {
        const changed = Buffer.from(payload);
        changed[at] = (changed[at] ?? 0) ^ 1;
        await expect(verifyOpenPgp({ ...question, payload: changed })).rejects.toThrow();
      }
      await expect(verifyOpenPgp({ ...question, payload, signature: 'none' })).rejects.toThrow('no single good');
    });
  });

  it('do not count unsigned, signed by a stranger, or where they are only in the working tree', async () => {
    write('one.json');
    expect(await find()).toEqual({ problems: [] });
    repository.commit('Nobody signs');
    expect((await find()).problems).toEqual([expect.stringMatching(/^one\.json: commit [0-9a-f]{12} is not signed$/)]);
    write('one.json', { nonce: 'b'.repeat(32) });
    repository.commit('A stranger signs', stranger);
    expect((await find()).problems).toEqual([expect.stringContaining('is not signed by somebody who may')]);
    stranger.sign(repository.path('one.json'));
    repository.commit('A stranger signs it itself', stranger);
    expect((await find()).problems.join()).toContain('one.json.sig is by a key that');
  });

  it('do not count when a later commit that is not signed has edited them', async () => {
    write('one.json');
    repository.commit('Allow two runs', signer);
    write('one.json', { runs: 900 });
    repository.commit('Allow more');
    expect((await find()).intent).toBeUndefined();
    write('two.json', { nonce: 'c'.repeat(32) });
    repository.commit('Another, signed', signer);
    expect((await find()).intent?.source).toContain('two.json');
  });

  it('are read as they are now: a merge counts at once, and one that was taken back does not', async () => {
    const { folder, allowedSigners } = repository;
    const settings = { fleet: 'shop', stages: [], folder, allowedSigners, branch: 'main' };
    const source = openIntentFolder(settings, () => now);
    const wanted = { scopeDigest, stage: 'production-full' as const };
    expect((await source.find(wanted, async () => 0)).intent).toBeUndefined();
    write('one.json');
    repository.commit('Allow it', signer);
    expect((await source.find(wanted, async () => 0)).intent).toBeDefined();
    rmSync(repository.path('one.json'));
    repository.commit('Take it back', signer);
    expect((await source.find(wanted, async () => 0)).intent).toBeUndefined();
    writeFileSync(allowedSigners, '');
    expect((await source.find(wanted, async () => 0)).intent).toBeUndefined();
  });

  it('never make git run what the repository names', async () => {
    write('one.json');
    repository.commit('Allow it', signer);
    const touched = `${directory.path}/touched`;
    for (const key of ['core.fsmonitor', 'gpg.ssh.program', 'gpg.program', 'core.pager', 'core.sshCommand']) {
      execFileSync('git', ['-C', repository.folder, 'config', key, `touch ${touched}`]);
    }
    expect((await find()).intent).toBeDefined();
    expect(() => execFileSync('ls', [touched], { stdio: 'pipe' })).toThrow();
  });

  it('that are no intents say what is wrong where they name the scope', async () => {
    writeFileSync(repository.path('odd.json'), JSON.stringify({ apiVersion: 'leash/v1', kind: 'Intent', scopeDigest }));
    writeFileSync(repository.path('other.json'), '{}');
    repository.commit('Odd', signer);
    expect((await find()).problems).toEqual([expect.stringMatching(/^odd\.json: .*intent\.\w+.*must be/)]);
  });
});
