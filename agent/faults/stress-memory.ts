/** Takes memory, page by page, but never the last of it. */
import { setTimeout as wait } from 'node:timers/promises';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { formatBytes } from '../../proto/quantity.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { HeldMemory } from '../holders/stress-kernel.ts';
import type { FaultKind } from './fault-kind.ts';
import { nativeCalls } from './needs.ts';
import { bytes, type ParametersOf, percent } from './parameter.ts';
import { seeHolderGone } from './seen-holder.ts';
import { refuseBelow, takeInParts, watchFloor } from './watch-floor.ts';

const mebibyte = 2 ** 20;
const chunkBytes = 8 * mebibyte;
/** Following others, at one look: about 100 ms of work for the kernel. */
const followChunksMax = 32;
/** The kernel counts resident pages per CPU, and adds them up late. */
const seenShareMin = 0.97;
/** What the rest of the host uses moves by as much between two looks. */
const seenSlackBytes = 64 * mebibyte;

/**
 * A host may need seconds for each GiB that it has never given out before. What takes longer than this goes on while the
 * fault is in force: an inject that waited for all of it would outlive its own first lease.
 */
const beginningMs = 1500;
/** Seen of a large amount, this is enough to say that the fault is there. */
const beginningBytes = 256 * mebibyte;

const parameters = {
  size: bytes({ minimum: mebibyte, maximum: 16 * 2 ** 40, isOptional: true, summary: 'How much to take.' }),
  percent: percent({ minimum: 0.1, maximum: 95, isOptional: true, summary: 'Of all memory of the host, to take.' }),
  untilFree: bytes({
    minimum: 64 * mebibyte,
    maximum: 16 * 2 ** 40,
    isOptional: true,
    summary: 'Takes all but this, gives back as others take memory, and takes again, but never more than at first.',
  }),
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
  asksHost: 'floors',
  parameters,
  check({ size, percent: share, untilFree, leaveFree }) {
    const asked = { size, percent: share, untilFree };
    const names = Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (names.length !== 1) {
      throw new InvalidInput('parameters', names, 'must set exactly one of size, percent and untilFree');
    }
    if (untilFree !== undefined && untilFree < leaveFree) {
      const expectation = `must be at least leaveFree, which is ${formatBytes(leaveFree)}`;
      throw new InvalidInput('parameters.untilFree', formatBytes(untilFree), expectation);
    }
  },
  magnitude: (parsed, { memoryBytes, memoryAvailableBytes = memoryBytes }) => ({
    memoryBytes: askedBytes(parsed, { totalBytes: memoryBytes, availableBytes: memoryAvailableBytes }),
  }),

  async hold({ kernel, parameters: parsed, briefing = {} }) {
    const { untilFree } = parsed;
    const floor = Math.max(parsed.leaveFree, briefing.floors?.memoryBytes ?? 0);
    const asked = askedBytes(parsed, kernel.hostMemory());
    const chunks: HeldMemory[] = [];
    const taken = (): number => chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
    const giveBack = (): void => {
      for (const chunk of chunks.splice(0)) chunk.release();
    };
    const refuse = (wanted: number): void =>
      refuseBelow(kernel.hostMemory().availableBytes - wanted, floor, formatBytes, 'memory');
    let isReleased = false;
    const take = (wanted: number): void => {
      if (isReleased) throw new HoldFailure('holder-failed', 'released while it was taking');
      refuse(wanted);
      chunks.push(kernel.holdMemory(wanted));
    };

    /** What others have taken meanwhile is given back to the host; what they have left is taken. */
    const follow = (target: number): void => {
      for (let steps = 0; steps < followChunksMax; steps++) {
        const spare = kernel.hostMemory().availableBytes - target;
        const wanted = Math.min(chunkBytes, spare, asked - taken());
        if (spare < 0 && chunks.length > 0) chunks.pop()?.release();
        else if (wanted >= mebibyte) take(wanted);
        else return;
      }
    };

    // The whole first, so that what cannot succeed takes nothing; then each chunk, since others take memory too.
    refuse(asked);
    let isTaken = false;
    const taking = takeInParts(asked, chunkBytes, take, giveBack).then(() => {
      isTaken = true;
    });
    await Promise.race([taking, wait(beginningMs)]);
    const watch = watchFloor(() => {
      if (isTaken && untilFree !== undefined) follow(untilFree);
      refuse(0);
    }, giveBack);
    const progress = isTaken ? '' : ` of ${formatBytes(asked)}, and more by and by`;
    return {
      touched: [`${formatBytes(taken())}${progress} resident`],
      release() {
        isReleased = true;
        watch.stop();
        giveBack();
      },
      // Taking that fails half way has given everything back; taking that succeeds leaves the floor to be watched.
      finished: Promise.race([watch.crossed, taking.then(() => watch.crossed)]),
    };
  },

  seeEffect({ host, holders: [holder], parameters: parsed }) {
    const resident = holder ? (host.residentBytes(holder) ?? 0) : 0;
    const seen = `${formatBytes(resident)} resident in the stressor`;
    if (parsed.untilFree !== undefined) {
      const { availableBytes } = host.memory();
      const isSeen = availableBytes <= parsed.untilFree + seenSlackBytes || resident >= beginningBytes;
      return { isSeen, seen: `${seen}, ${formatBytes(availableBytes)} available on the host` };
    }
    const asked = askedBytes(parsed, { totalBytes: host.memoryTotalBytes(), availableBytes: 0 });
    return { isSeen: resident >= Math.min(asked * seenShareMin, beginningBytes), seen };
  },

  seeRestored: seeHolderGone,
};

function askedBytes(
  { size, percent: share, untilFree }: ParametersOf<typeof parameters>,
  memory: { readonly totalBytes: number; readonly availableBytes: number },
): number {
  if (untilFree !== undefined) return Math.max(0, memory.availableBytes - untilFree);
  return size ?? Math.round((memory.totalBytes * (share ?? 0)) / 100);
}
