import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepPolicy, type PolicyKeeper, type PolicyNews } from '../../../../agent/app/policy-keeper.ts';
import { builtInPolicy } from '../../../../agent/store/loaded-policy.ts';
import { loadPolicy } from '../../../../agent/store/policy-file.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';
import { until } from '../../../rig/until.ts';

let directory: TestDirectory;
let path: string;
let keeper: PolicyKeeper | undefined;
const news: PolicyNews[] = [];
beforeEach(() => {
  directory = makeTestDirectory();
  path = join(directory.path, 'policy.yaml');
  news.length = 0;
});
afterEach(() => {
  keeper?.close();
  directory.remove();
});

async function keep(text: string | undefined, pollMs = 60_000): Promise<PolicyKeeper> {
  if (text !== undefined) write(text);
  keeper = await keepPolicy({
    path,
    load: () => loadPolicy(path, [process.geteuid?.() ?? 0]),
    onNews: (each) => news.push(each),
    pollMs,
  });
  return keeper;
}

/** As whoever changes a policy should: whole, in place of the former one. */
function write(text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

const stageOf = (kept: PolicyKeeper): string => kept.loaded().policy.stage;

test('a policy that was changed counts from the next look on', async () => {
  const kept = await keep('stage: staging');
  write('stage: production-lite');
  await kept.refresh();
  expect(stageOf(kept)).toBe('production-lite');
  expect(news.map(({ kind }) => kind)).toEqual(['in-force']);
});

test('a policy that was changed is found without being asked for', async () => {
  const kept = await keep('stage: staging', 10);
  write('stage: production-lite');
  await until('the new policy is in force', () => stageOf(kept) === 'production-lite');
});

test('one that is not right leaves the former one in force, and says what is wrong, once', async () => {
  const kept = await keep('stage: staging\nprocessesMax: 2');
  write('stage: staging\nprocessesMax: many');
  await kept.refresh();
  await kept.refresh();
  expect(kept.loaded().policy.processesMax).toBe(2);
  expect(kept.problem()).toContain('policy.yaml:2:15: processesMax: must be a number, not "many"');
  expect(news).toHaveLength(1);
  write('stage: staging\nprocessesMax: 3');
  await kept.refresh();
  expect(kept.problem()).toBeUndefined();
  expect(kept.loaded().policy.processesMax).toBe(3);
});

test('one that others can write does not count, and counts again when they cannot', async () => {
  const kept = await keep('stage: staging');
  chmodSync(path, 0o666);
  await kept.refresh();
  expect(kept.problem()).toContain('not writable by others');
  chmodSync(path, 0o600);
  await kept.refresh();
  expect(kept.problem()).toBeUndefined();
});

test('one that is removed does not give way to looser defaults', async () => {
  const kept = await keep('stage: staging');
  rmSync(path);
  await kept.refresh();
  expect(stageOf(kept)).toBe('staging');
  expect(kept.problem()).toContain('was removed');
});

test('where there was none, one that comes counts, and a reload without one changes nothing', async () => {
  const kept = await keep(undefined);
  await kept.reload();
  expect(kept.problem()).toBeUndefined();
  expect(kept.loaded()).toEqual(builtInPolicy(path));
  write('stage: staging');
  await kept.refresh();
  expect(stageOf(kept)).toBe('staging');
});

test('one that is being written is waited for: half a policy may be a looser one', async () => {
  const kept = await keep('stage: staging\nprocessesMax: 1');
  writeFileSync(path, '');
  const refreshed = kept.refresh();
  writeFileSync(path, 'stage: staging\nprocessesMax: 2');
  await refreshed;
  expect(kept.loaded().policy).toMatchObject({ stage: 'staging', processesMax: 2 });
});

test('without a right one to begin with, nothing begins', async () => {
  await expect(keep('stage: nowhere')).rejects.toThrow('policy.yaml:1:8: stage: must be one of');
});
