/** Reads and writes at a rate, in a file that has no name and a bounded size. */
import { formatBytes } from '../../proto/quantity.ts';
import type { FaultKind, Sight } from './fault-kind.ts';
import { namelessFiles, nativeCalls } from './needs.ts';
import { bytes, count, percent } from './parameter.ts';
import { allocate, refuseBelowFloors, scratch, scratchMagnitude } from './scratch-file.ts';
import { seeHolderGone } from './seen-holder.ts';
import { watchFloor } from './watch-floor.ts';

const mebibyte = 2 ** 20;
const kibibyte = 2 ** 10;

const parameters = {
  ...scratch,
  workers: count({ minimum: 1, maximum: 16, fallback: 1, summary: 'Threads that read and write at once.' }),
  rate: bytes({
    minimum: 64 * kibibyte,
    maximum: 16 * 2 ** 30,
    fallback: 16 * mebibyte,
    summary: 'What is read and written in a second, by all workers together.',
  }),
  reads: percent({ minimum: 0, maximum: 100, fallback: 50, summary: 'Of these bytes; the others are written.' }),
  size: bytes({
    minimum: mebibyte,
    maximum: 64 * 2 ** 30,
    fallback: 64 * mebibyte,
    summary: 'Of the file that is read and written over and over.',
  }),
};

export const stressIo: FaultKind<typeof parameters> = {
  kind: 'stress.io',
  summary: 'Reads and writes at a rate, past the cache, in a file without a name.',
  aim: 'host',
  bindings: ['kernel'],
  holdsByPtrace: false,
  undo: 'none',
  needs: [nativeCalls, namelessFiles],
  asksHost: 'floors',
  parameters,
  directory: ({ path }) => path,
  magnitude: ({ rate, size }, { fileSystem }) => ({ ioBytesPerSecond: rate, ...scratchMagnitude(size, fileSystem) }),

  async hold({ kernel, parameters: parsed, briefing: { floors } = {} }) {
    const { path, workers, rate, reads, size } = parsed;
    const file = kernel.openNameless(path, { isSynchronous: true });
    await allocate(kernel, file, size, parsed, floors);
    const movers = kernel.moveData({ file, workers, bytesPerSecond: rate, readPercent: reads });
    // The threads first: a descriptor that is closed under them could come to mean another file.
    const giveBack = async (): Promise<void> => {
      watch.stop();
      await movers.stop();
      file.release();
    };
    const watch = watchFloor(
      () => refuseBelowFloors(kernel, parsed, 0, floors),
      () => void giveBack(),
    );
    try {
      await movers.begun;
    } catch (error) {
      await giveBack();
      throw error;
    }
    return {
      touched: [`${workers} threads read and write ${formatBytes(rate)} a second in ${formatBytes(size)} of ${path}`],
      release: giveBack,
      finished: Promise.race([watch.crossed, movers.failed]),
    };
  },

  gauge: (sight) => movedBytes(sight),

  seeEffect(sight) {
    const moved = movedBytes(sight);
    const before = sight.gauged?.before?.value;
    if (moved === undefined || before === undefined) return { isSeen: false, seen: 'the stressor cannot be looked at' };
    return { isSeen: moved - before >= 64 * kibibyte, seen: `${formatBytes(moved - before)} read and written so far` };
  },

  seeRestored(sight) {
    const { touched, ending } = sight.gauged ?? {};
    const seconds = touched && ending ? (ending.atBootMs - touched.atBootMs) / 1000 : 0;
    const rate = touched && ending && seconds > 0 ? (ending.value - touched.value) / seconds : undefined;
    const achieved = rate === undefined ? '' : `; it read and wrote ${formatBytes(Math.round(rate))} a second`;
    return seeHolderGone(sight).map((entry) => ({ ...entry, seen: `${entry.seen}${achieved}` }));
  },
};

function movedBytes({ host, holders: [holder] }: Sight<typeof parameters>): number | undefined {
  const moved = holder && host.moved(holder);
  return moved && moved.readBytes + moved.writtenBytes;
}
