/** An upgrade by the real package in the middle of faults that the journal binds: the old version's records, the new one's undo. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { inject } from '../../rig/inject.ts';
import { until } from '../../rig/until.ts';
import { isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import { buildPackage } from '../rig/built-packages.ts';
import { journalFaults } from '../rig/journal-faults.ts';
import { type JournalScene, startJournalScene } from '../rig/journal-scene.ts';

let scene: JournalScene;
let packages: string | undefined;
const [older, newer] = ['0.1.0', '0.2.0'] as const;
let paths: readonly string[] = [];
const install = ['apt-get', 'install', '-y', '-o', 'Dpkg::Options::=--force-confold'] as const;

beforeAll(async () => {
  if (!isBootable) return;
  const folder = mkdtempSync(join(tmpdir(), 'leash-packages-'));
  packages = folder;
  paths = [await buildPackage(folder, 'leash-agent', older), await buildPackage(folder, 'leash-agent', newer)];
  scene = await startJournalScene(async (host) => {
    for (const path of paths) await host.write(`/srv/${basename(path)}`, readFileSync(path));
    await host.must(...install, `/srv/${basename(paths[0] ?? '')}`);
  });
});
afterAll(async () => {
  await scene?.dispose();
  if (packages) rmSync(packages, { recursive: true, force: true });
});

const versionOf = async (): Promise<string | undefined> =>
  /^Version: (.*)$/m.exec(await scene.host.must('dpkg', '--status', 'leash-agent'))?.[1];

test.each(journalFaults)('$name is undone by an upgrade of the package, byte for byte', async (fault) => {
  const { host } = scene;
  await host.must(...install, '--allow-downgrades', `/srv/${basename(paths[0] ?? '')}`);
  await scene.begin();
  expect(await versionOf()).toBe(older);
  await fault.prepare?.(scene);
  const before = await fault.reading(scene);
  await inject(scene.agent(), { ...fault.wanted, leaseTtlMs: 60_000 });
  await until('its effect is seen', () => fault.isInForce(scene), 20_000);
  await host.must(...install, `/srv/${basename(paths[1] ?? '')}`);
  await until('all is as before', async () => (await fault.reading(scene)) === before, 60_000);
  await scene.begin();
  expect(await versionOf()).toBe(newer);
  await until('nothing is held', async () => (await scene.held()).length === 0, 60_000);
});
