/** `stress.disk` on the real kernel, on file systems of a few megabytes. */
import { readdirSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unless } from '../rig/requirement.ts';
import { agentUsers, bootMs } from './harness/agent.ts';
import { makeStressDirectory, mountSmallFileSystem, startStressAgent } from './harness/stress-place.ts';
import { until } from './harness/until.ts';
import { host } from './harness/victim.ts';

const mebibyte = 2 ** 20;
const asRoot = unless(process.getuid?.() === 0, 'root, to mount a small file system');
const floors = { memoryBytes: 64 * mebibyte, diskBytes: 0, openFiles: 0, tasks: 0 };

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

describe.each(agentUsers())('disk space taken by an agent %s', (user) => {
  test('is really taken, by a file that has no name, and is back when the holder is killed', async () => {
    const path = makeStressDirectory(user);
    const agent = await startStressAgent(user);
    const before = freeBytes(path);
    const size = 256 * mebibyte;
    const holder = await agent.start({ kind: 'stress.disk', parameters: { path, size, floor: 256 * mebibyte } });
    const { touched } = await holder.report('touched');
    expect(touched).toEqual([`256MiB of ${path} (ext4) taken by a file without a name`]);
    expect(readdirSync(path)).toEqual([]);
    expect(host.namelessBytes(holder.identity)).toBeGreaterThanOrEqual(size);
    const held = freeBytes(path);
    expect(before - held).toBeGreaterThan(size / 2);
    holder.signal(9);
    await holder.ended();
    await until('it is free again', () => freeBytes(path) - held > size / 2, 1000);
    expect(host.namelessBytes(holder.identity)).toBeUndefined();
  });

  asRoot('is all but what is to be left, to the byte', async () => {
    const path = mountSmallFileSystem(user, 64 * mebibyte);
    const agent = await startStressAgent(user);
    const parameters = { path, leaveFree: 16 * mebibyte, floor: mebibyte };
    const holder = await agent.start({ kind: 'stress.disk', parameters, briefing: { floors } });
    await holder.report('touched');
    expect(freeBytes(path)).toBe(16 * mebibyte);
    holder.release();
    await holder.ended();
    expect(freeBytes(path)).toBe(64 * mebibyte);
  });

  test('leaves no name behind, at whatever instant agent and holder are killed', async () => {
    const path = makeStressDirectory(user);
    const size = 256 * mebibyte;
    const before = freeBytes(path);
    for (let round = 0; round < 10; round++) {
      const agent = await startStressAgent(user);
      const holder = await agent.start({ kind: 'stress.disk', parameters: { path, size, floor: mebibyte } });
      const killAtMs = bootMs() + 90 + round * 10;
      await until('the instant of the kill', () => bootMs() >= killAtMs, 10_000, 0);
      holder.signal(9);
      agent.signal(9);
      await until('it is gone', () => host.threadCount(holder.identity) === 0, 10_000);
      expect(readdirSync(path)).toEqual([]);
    }
    await until('all is free again', () => freeBytes(path) > before - size, 10_000);
  });

  asRoot('is a share of the whole file system', async () => {
    const path = mountSmallFileSystem(user, 64 * mebibyte);
    const agent = await startStressAgent(user);
    const parameters = { path, percent: 75, floor: mebibyte };
    const holder = await agent.start({ kind: 'stress.disk', parameters, briefing: { floors } });
    await holder.report('touched');
    expect(freeBytes(path)).toBe(16 * mebibyte);
  });

  asRoot('is not taken at all when the floor would be crossed, be it asked or the host’s own', async () => {
    const path = mountSmallFileSystem(user, 64 * mebibyte);
    const agent = await startStressAgent(user);
    const asked = { kind: 'stress.disk', parameters: { path, size: 48 * mebibyte, floor: 32 * mebibyte } };
    const one = await agent.start(asked);
    await expect(one.report('touched')).rejects.toMatchObject({ reason: 'floor-crossed' });
    const own = { ...floors, diskBytes: 32 * mebibyte };
    const other = await agent.start({
      ...asked,
      parameters: { ...asked.parameters, floor: mebibyte },
      briefing: { floors: own },
    });
    await expect(other.report('touched')).rejects.toMatchObject({
      reason: 'floor-crossed',
      message: `16MiB of ${path} would stay free, at least 32MiB must`,
    });
    expect(freeBytes(path)).toBe(64 * mebibyte);
  });

  asRoot('is given back when others come to need it', async () => {
    const path = mountSmallFileSystem(user, 64 * mebibyte);
    const agent = await startStressAgent(user);
    const parameters = { path, size: 32 * mebibyte, floor: 16 * mebibyte };
    const holder = await agent.start({ kind: 'stress.disk', parameters, briefing: { floors } });
    await holder.report('touched');
    writeFileSync(join(path, 'others'), Buffer.alloc(24 * mebibyte));
    const failed = await holder.report('failed', 2000);
    expect(failed.reason).toBe('floor-crossed');
    await until('it is free again', () => freeBytes(path) === 40 * mebibyte, 1000);
  });

  test('is refused by name on another file system, by way of a link, and where nothing may be written', async () => {
    const path = makeStressDirectory(user);
    symlinkSync('/tmp', join(path, 'link'));
    const agent = await startStressAgent(user);
    const refused = async (where: string): Promise<string> => {
      const parameters = { path: where, size: mebibyte, floor: mebibyte };
      const holder = await agent.start({ kind: 'stress.disk', parameters });
      return holder.report('touched').then(
        () => 'touched',
        (error: Error & { reason: string }) => `${error.reason}: ${error.message}`,
      );
    };
    expect(await refused('/proc')).toMatch(/^fault-unavailable: \/proc is on type 0x9fa0; stress.disk works on ext4/);
    expect(await refused(join(path, 'link'))).toMatch(/^fault-unavailable: .* leads to \/tmp: name that directory/);
    expect(await refused(join(path, 'none'))).toMatch(/ENOENT/);
    // The unit's ProtectHome= mounts something read-only there.
    if (user === 'unprivileged') expect(await refused('/root')).toMatch(/EACCES|EROFS/);
    expect(readdirSync(path)).toEqual(['link']);
  });
});
