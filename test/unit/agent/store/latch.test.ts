import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { armedLatch, type HaltLatch, latchHalt, rearmLatch, seenRequestIdsMax } from '../../../../agent/core/halt.ts';
import { openLatch } from '../../../../agent/store/latch.ts';
import { fillDisk } from '../../../rig/full-disk.ts';
import { canMount, makeDirectory, mountSmallDisk, type TestDirectory } from './directory.ts';

const nowUnixMs = Date.UTC(2030, 0, 1);
const order = { requestId: 'request-1', reason: 'checkout is down', by: 'uid:0' };
const halted = latchHalt(armedLatch, order);

let directory: TestDirectory;
let stateDirectory: string;
let runDirectory: string;
beforeEach(() => {
  directory = makeDirectory();
  stateDirectory = join(directory.path, 'state');
  runDirectory = join(directory.path, 'run');
});
afterEach(() => directory.remove());

function open(state = stateDirectory) {
  return openLatch({ stateDirectory: state, runDirectory }, nowUnixMs);
}

/** tmpfs is empty after a reboot. */
function reboot(): void {
  rmSync(runDirectory, { recursive: true });
}

describe('a host', () => {
  test('that joins is armed at epoch 1, also the second time', async () => {
    expect((await open()).found).toEqual(armedLatch);
    reboot();
    expect((await open()).found).toEqual(armedLatch);
  });

  test('that was halted is halted after a restart and after a reboot, until it is rearmed', async () => {
    const latch = await open();
    expect(await latch.write(halted)).toEqual({ durability: 'durable', failures: [] });
    expect((await open()).found).toEqual(halted);
    reboot();
    const later = await open();
    expect(later.found).toEqual(halted);
    const rearmed = rearmLatch(halted, 2)!;
    await later.write(rearmed);
    reboot();
    expect((await open()).found).toEqual(rearmed);
  });

  test('that lost its latch is halted, at an epoch that no earlier inject can name', async () => {
    await open();
    rmSync(join(stateDirectory, 'latch'));
    reboot();
    const { found } = await open();
    expect(found).toMatchObject({ isHalted: true, epoch: nowUnixMs / 1000 });
    expect(found.reason).toMatch(/lost/);
    expect((await open()).found).toEqual(found);
  });

  test('whose latch is damaged is halted', async () => {
    await open();
    writeFileSync(join(stateDirectory, 'latch'), Buffer.alloc(8192, 0xff));
    reboot();
    expect((await open()).found.isHalted).toBe(true);
  });

  test('that lost its whole state directory while it ran is halted', async () => {
    await open();
    rmSync(stateDirectory, { recursive: true });
    expect((await open()).found.isHalted).toBe(true);
  });

  test('believes the run directory when it says halted, and not when it says armed', async () => {
    const other = join(directory.path, 'other');
    const forger = await openLatch({ stateDirectory: other, runDirectory }, nowUnixMs);
    for (let writes = 0; writes < 9; writes += 1) await forger.write(armedLatch);
    const latch = await openLatch({ stateDirectory, runDirectory: join(directory.path, 'own-run') }, nowUnixMs);
    await latch.write(halted);
    expect((await open()).found).toEqual(halted);
    await forger.write(latchHalt(armedLatch, { ...order, requestId: 'newer' }));
    for (let writes = 0; writes < 9; writes += 1) await forger.write({ ...halted, reason: 'newer' });
    expect((await open()).found.reason).toBe('newer');
  });

  test('keeps as many request ids as fit, the newest ones', async () => {
    const seenRequestIds = Array.from({ length: seenRequestIdsMax }, (_, index) => `${index}-`.padEnd(128, 'x'));
    const latch = await open();
    expect(await latch.write({ ...halted, reason: 'ü'.repeat(5000), seenRequestIds })).toMatchObject({
      durability: 'durable',
    });
    const { found } = await open();
    expect(found.seenRequestIds.length).toBeGreaterThan(16);
    expect(found.seenRequestIds.at(-1)).toBe(seenRequestIds.at(-1));
    expect(found.reason).toHaveLength(256);
  });
});

test('a halt that the state directory does not take is volatile, and still holds after a restart', async () => {
  const latch = await open();
  rmSync(stateDirectory, { recursive: true });
  writeFileSync(stateDirectory, 'not a directory');
  const written = await latch.write(halted);
  expect(written.durability).toBe('volatile');
  expect(written.failures).toHaveLength(1);
  latch.close();
  expect((await open()).found).toEqual(halted);
});

test('a halt that no directory takes is in memory only, does not throw, and is written when a disk takes it', async () => {
  const latch = await open();
  const durable: HaltLatch[] = [];
  latch.watch((each) => durable.push(each));
  rmSync(directory.path, { recursive: true });
  writeFileSync(directory.path, 'not a directory');
  const written = await latch.write(halted);
  expect(written.durability).toBe('memory-only');
  expect(written.failures).toEqual([expect.stringContaining('state'), expect.stringContaining('run')]);
  expect(latch.durability(halted)).toBe('memory-only');
  rmSync(directory.path);
  await vi.waitFor(() => expect(latch.durability(halted)).toBe('durable'), { timeout: 10_000 });
  expect(durable).toEqual([halted]);
  latch.close();
  expect((await open()).found).toEqual(halted);
});

test('a rearm that is being written is not the durability of the halt that is still in force', async () => {
  const latch = await open();
  await latch.write(halted);
  const rearming = latch.write(rearmLatch(halted, 2)!);
  expect(latch.durability(halted)).toBe('durable');
  await rearming;
  expect(latch.durability(halted)).toBe('memory-only');
});

describe.skipIf(!canMount('the halt latch on a full disk'))('on a full disk', () => {
  test('a halt is as durable as ever', async () => {
    const disk = mountSmallDisk(64);
    try {
      const latch = await open(disk.path);
      fillDisk(disk.path);
      expect(await latch.write(halted)).toEqual({ durability: 'durable', failures: [] });
      reboot();
      expect((await open(disk.path)).found).toEqual(halted);
    } finally {
      disk.remove();
    }
  });

  test('a host that joins is volatile', async () => {
    const disk = mountSmallDisk(64);
    try {
      fillDisk(disk.path);
      const latch = await open(disk.path);
      expect(latch.found).toEqual(armedLatch);
      expect((await latch.write(halted)).durability).toBe('volatile');
      latch.close();
      expect(readdirSync(disk.path)).not.toContain('joined');
    } finally {
      disk.remove();
    }
  });
});
