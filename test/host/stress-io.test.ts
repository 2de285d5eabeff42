/** `stress.io` on the real kernel, at a few megabytes a second. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { unless } from '../rig/requirement.ts';
import { agentUsers, bootMs } from './harness/agent.ts';
import { makeStressDirectory, mountSmallFileSystem, startStressAgent } from './harness/stress-place.ts';
import { until } from './harness/until.ts';
import { host } from './harness/victim.ts';

const mebibyte = 2 ** 20;
const asRoot = unless(process.getuid?.() === 0, 'root, to mount a small file system');
const modest = { workers: 2, rate: 8 * mebibyte, size: 8 * mebibyte, floor: mebibyte };

describe.each(agentUsers())('reading and writing by an agent %s', (user) => {
  test.each([0, 25, 100])('goes at the rate that was asked, %d percent of it reads', async (reads) => {
    const path = makeStressDirectory(user);
    const agent = await startStressAgent(user);
    const holder = await agent.start({ kind: 'stress.io', parameters: { ...modest, path, reads } });
    await holder.report('touched');
    const moved = () => host.moved(holder.identity) ?? { readBytes: Number.NaN, writtenBytes: Number.NaN };
    // Its threads read their own program first, which counts as read too.
    const loaded = moved();
    await until(
      'it is at work',
      () => moved().writtenBytes - loaded.writtenBytes + moved().readBytes > 6 * mebibyte,
      5000,
    );
    const beganAtMs = bootMs();
    const began = moved();
    await until('a second and a half has passed', () => bootMs() - beganAtMs > 1500, 3000, 5);
    const now = moved();
    const seconds = (bootMs() - beganAtMs) / 1000;
    const read = now.readBytes - began.readBytes;
    const written = now.writtenBytes - began.writtenBytes;
    const rate = (read + written) / seconds;
    expect(Math.abs(rate - modest.rate) / modest.rate).toBeLessThan(0.1);
    // What there is to read is written first, and the bytes go by blocks.
    expect(Math.abs((100 * read) / (read + written) - reads)).toBeLessThan(reads === 100 ? 20 : 6);
    expect(readdirSync(path)).toEqual([]);
    expect(host.namelessBytes(holder.identity)).toBe(modest.size);
    holder.release();
    expect(await holder.ended()).toBe('exit 0');
  });

  asRoot('has a bounded size, and takes none where its file would cross the floor', async () => {
    const path = mountSmallFileSystem(user, 16 * mebibyte);
    const agent = await startStressAgent(user);
    const parameters = { ...modest, path, reads: 50, floor: 12 * mebibyte };
    const refused = await agent.start({ kind: 'stress.io', parameters });
    await expect(refused.report('touched')).rejects.toMatchObject({ reason: 'floor-crossed' });
    expect(host.fileSystem(path)?.freeBytes).toBe(16 * mebibyte);
    const holder = await agent.start({ kind: 'stress.io', parameters: { ...parameters, floor: mebibyte } });
    await holder.report('touched');
    expect(host.fileSystem(path)?.freeBytes).toBe(8 * mebibyte);
  });
});
