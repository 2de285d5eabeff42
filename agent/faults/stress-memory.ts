/** Takes memory, page by page, but never the last of it. */
import { setImmediate as nextEvent } from 'node:timers/promises';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { formatBytes } from '../../proto/quantity.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { HeldMemory, HolderKernel } from '../holders/holder-kernel.ts';
import type { FaultKind } from './fault-kind.ts';
import { nativeCalls } from './needs.ts';
import { bytes, type ParametersOf, percent } from './parameter.ts';
import { seeHolderGone } from './seen-holder.ts';

const mebibyte = 2 ** 20;
const chunkBytes = 8 * mebibyte;
const watchEveryMs = 250;
/** The kernel counts resident pages per CPU, and adds them up late. */
const seenShareMin = 0.97;

const parameters = {
  size: bytes({ minimum: mebibyte, maximum: 16 * 2 ** 40, isOptional: true, summary: 'How much to take.' }),
  percent: percent({ minimum: 0.1, maximum: 95, isOptional: true, summary: 'Of all memory of the host, to take.' }),
  leaveFree: bytes({
    minimum: 64 * mebibyte,
    maximum: 16 * 2 ** 40,
    fallback: 256 * mebibyte,
    summary: 'Memory that stays available on the host; when others need it, all is given back.',
  }),
};

export const stressMemory: FaultKind<typeof parameters> = {
  kind: 'stress.memory',
  summary: 'Takes memory of the host, and gives it back at once when it grows scarce.',
  aim: 'host',
  bindings: ['kernel'],
  holdsByPtrace: false,
  undo: 'none',
  needs: [nativeCalls],
  parameters,
  check(parsed) {
    if ((parsed.size === undefined) === (parsed.percent === undefined)) {
      throw new InvalidInput('parameters', Object.keys(parsed), 'must set exactly one of size and percent');
    }
  },
  magnitude: (parsed, { memoryBytes }) => ({ memoryBytes: askedBytes(parsed, memoryBytes) }),

  async hold({ kernel, parameters: parsed }) {
    const asked = askedBytes(parsed, kernel.hostMemory().totalBytes);
    const chunks = await take(kernel, asked, parsed.leaveFree);
    const release = (): void => {
      clearInterval(watching);
      for (const chunk of chunks.splice(0)) chunk.release();
    };
    let watching: NodeJS.Timeout | undefined;
    const finished = new Promise<never>((_, reject) => {
      watching = setInterval(() => {
        const { availableBytes } = kernel.hostMemory();
        if (availableBytes >= parsed.leaveFree) return;
        release();
        reject(floorCrossed(availableBytes, parsed.leaveFree));
      }, watchEveryMs);
    });
    return { touched: [`${formatBytes(asked)} resident`], release, finished };
  },

  seeEffect({ host, holders: [holder], parameters: parsed }) {
    const resident = holder ? (host.residentBytes(holder) ?? 0) : 0;
    const asked = askedBytes(parsed, host.memoryTotalBytes());
    return { isSeen: resident >= asked * seenShareMin, seen: `${formatBytes(resident)} resident in the stressor` };
  },

  seeRestored: seeHolderGone,
};

function askedBytes({ size, percent: share }: ParametersOf<typeof parameters>, totalBytes: number): number {
  return size ?? Math.round((totalBytes * (share ?? 0)) / 100);
}

/** @throws HoldFailure floor-crossed, with everything given back. */
async function take(kernel: HolderKernel, asked: number, leaveFree: number): Promise<HeldMemory[]> {
  const chunks: HeldMemory[] = [];
  try {
    // The whole first, so that what cannot succeed takes nothing; then each chunk, since others take memory too.
    refuseBelowFloor(kernel, asked, leaveFree);
    for (let taken = 0; taken < asked; taken += chunkBytes) {
      const chunk = Math.min(chunkBytes, asked - taken);
      refuseBelowFloor(kernel, chunk, leaveFree);
      chunks.push(kernel.holdMemory(chunk));
      await nextEvent();
    }
    return chunks;
  } catch (error) {
    for (const chunk of chunks) chunk.release();
    throw error;
  }
}

function refuseBelowFloor(kernel: HolderKernel, wanted: number, leaveFree: number): void {
  const { availableBytes } = kernel.hostMemory();
  if (availableBytes - wanted < leaveFree) throw floorCrossed(availableBytes - wanted, leaveFree);
}

function floorCrossed(availableBytes: number, leaveFree: number): HoldFailure {
  const left = availableBytes < 0 ? 'less than nothing' : formatBytes(availableBytes);
  return new HoldFailure('floor-crossed', `${left} would stay available, at least ${formatBytes(leaveFree)} must`);
}
