/**
 * Takes open files of the whole host. A process's own limit can be exhausted by nobody but itself; what one process can
 * take from others is the number of open files of all (fs.file-max), which they then meet as ENFILE.
 */
import { InvalidInput } from '../../proto/invalid-input.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { HeldResource, Usage } from '../holders/stress-kernel.ts';
import type { FaultKind } from './fault-kind.ts';
import { nativeCalls } from './needs.ts';
import { count, type ParametersOf, percent } from './parameter.ts';
import { seeHolderGone } from './seen-holder.ts';
import { refuseBelow, takeInParts, watchFloor } from './watch-floor.ts';

const partMax = 5000;
/** Descriptors that the holder itself needs. */
const ownFiles = 64;

const parameters = {
  count: count({ minimum: 1, maximum: 10_000_000, isOptional: true, summary: 'Open files to take.' }),
  percent: percent({
    minimum: 0.1,
    maximum: 95,
    isOptional: true,
    summary: 'Of all open files that the host allows (fs.file-max), to take.',
  }),
  leaveFree: count({
    minimum: 1024,
    maximum: 10_000_000,
    fallback: 8192,
    summary: 'Open files that stay free on the host; when others need them, all are given back.',
  }),
};

export const stressFds: FaultKind<typeof parameters> = {
  kind: 'stress.fds',
  summary: 'Takes open files of the whole host (fs.file-max), up to what one process may open.',
  aim: 'host',
  bindings: ['kernel'],
  holdsByPtrace: false,
  undo: 'none',
  needs: [nativeCalls],
  asksHost: 'floors',
  parameters,
  check({ count: files, percent: share }) {
    if ((files === undefined) === (share === undefined)) {
      throw new InvalidInput('parameters', [files, share], 'must set exactly one of count and percent');
    }
  },
  magnitude: (parsed, { openFilesMax }) => {
    const openFiles = askedFiles(parsed, openFilesMax ?? Number.POSITIVE_INFINITY);
    return openFiles === undefined ? {} : { openFiles };
  },

  async hold({ kernel, parameters: parsed, briefing: { floors } = {} }) {
    const { max } = kernel.openFiles();
    const asked = askedFiles(parsed, max);
    if (asked === undefined) {
      throw new HoldFailure(
        'fault-unavailable',
        'fs.file-max has no bound here, so there is no share of it: set count',
      );
    }
    const ownMax = kernel.ownFilesMax() - ownFiles;
    if (asked > ownMax) {
      const message = `${asked} open files, at most ${ownMax} by one process (LimitNOFILE= of the agent's unit)`;
      throw new HoldFailure('fault-unavailable', message);
    }
    const held: HeldResource[] = [];
    const giveBack = (): void => {
      for (const part of held.splice(0)) part.release();
    };
    const floor = Math.max(parsed.leaveFree, floors?.openFiles ?? 0);
    const refuse = (wanted: number): void =>
      refuseBelow(freeOf(kernel.openFiles()) - wanted, floor, String, 'open files');
    refuse(asked);
    const takePart = (part: number): void => {
      refuse(part);
      held.push(kernel.holdOpenFiles(part));
    };
    await takeInParts(asked, partMax, takePart, giveBack);
    const watch = watchFloor(() => refuse(0), giveBack);
    return {
      touched: [`${asked} open files`],
      release() {
        watch.stop();
        giveBack();
      },
      finished: watch.crossed,
    };
  },

  gauge: ({ host }) => host.openFiles().used,

  seeEffect({ host, holders: [holder], parameters: parsed }) {
    const { used, max } = host.openFiles();
    const open = holder ? (host.openDescriptors(holder) ?? 0) : 0;
    const ofMax = Number.isFinite(max) ? `${used} of ${max}` : used;
    const seen = `${open} descriptors open in the stressor; ${ofMax} open files on the host`;
    return { isSeen: open >= (askedFiles(parsed, max) ?? Number.POSITIVE_INFINITY), seen };
  },

  seeRestored(sight) {
    const { used } = sight.host.openFiles();
    return seeHolderGone(sight).map((entry) => ({ ...entry, seen: `${entry.seen}; ${used} open files on the host` }));
  },
};

/** @returns undefined for a share of what has no bound. */
function askedFiles(
  { count: files, percent: share }: ParametersOf<typeof parameters>,
  max: number,
): number | undefined {
  if (files !== undefined) return files;
  return Number.isFinite(max) ? Math.round((max * (share ?? 0)) / 100) : undefined;
}

function freeOf({ used, max }: Usage): number {
  return max - used;
}
