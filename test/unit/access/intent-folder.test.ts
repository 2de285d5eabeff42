import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openIntentFolder } from '../../../coordinator/permits/intent-folder.ts';
import { intentText } from '../../../proto/intent.ts';
import type { Stage } from '../../../proto/stage.ts';
import { makeTestDirectory, type TestDirectory } from '../../rig/directory.ts';
import { type IntentRepository, makeKey, makeRepository, type SigningKey } from '../../rig/signing.ts';

const scopeDigest = `sha256:${'0'.repeat(64)}`;
const now = Date.parse('2026-11-27T12:00:00Z');

describe('intents in a folder of a git repository', () => {
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
  async function find(used = 0, isDetached = false, stage: Stage = 'production-full') {
    const { folder, allowedSigners } = repository;
    const settings = { fleet: 'shop', stages: [], folder, allowedSigners, branch: 'main' };
    return openIntentFolder(settings, () => now).find({ scopeDigest, stage, isDetached }, async () => used);
  }

  it('count by a commit that somebody who may has signed', async () => {
    write('one.json');
    repository.commit('Allow it', signer);
    expect(await find(1)).toMatchObject({ intent: { signedBy: 'sam@example.com', runsLeft: 1 }, problems: [] });
    expect((await find(0, true)).problems).toEqual(['one.json: one.json.sig is not there']);
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
