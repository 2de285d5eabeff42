/** Takes disk space by a file that has no name: du(1) does not show it, df(1) does, and nobody can find or keep it. */
import { InvalidInput } from '../../proto/invalid-input.ts';
import { formatBytes } from '../../proto/quantity.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { FileSystemSpace } from '../holders/stress-kernel.ts';
import type { FaultKind, SeenTarget } from './fault-kind.ts';
import { namelessFiles, nativeCalls } from './needs.ts';
import { bytes, type ParametersOf, percent } from './parameter.ts';
import { allocate, refuseBelowFloors, scratch, scratchMagnitude } from './scratch-file.ts';
import { seeHolderGone } from './seen-holder.ts';
import { watchFloor } from './watch-floor.ts';

const mebibyte = 2 ** 20;
/** Where allocating is quick, and so is giving back. */
const fileSystems: readonly string[] = ['ext4', 'xfs', 'tmpfs'];
/** What the rest of the host may have written since, before "it is free again" is doubted. */
const othersBytes = 64 * mebibyte;

const parameters = {
  ...scratch,
  size: bytes({ minimum: mebibyte, maximum: 64 * 2 ** 40, isOptional: true, summary: 'How much to take.' }),
  percent: percent({ minimum: 0.1, maximum: 100, isOptional: true, summary: 'Of the whole file system, to take.' }),
  leaveFree: bytes({ minimum: mebibyte, maximum: 64 * 2 ** 40, isOptional: true, summary: 'Takes all but this.' }),
};

export const stressDisk: FaultKind<typeof parameters> = {
  kind: 'stress.disk',
  summary: 'Fills a file system, by a file without a name that du does not show; never below its floor.',
  aim: 'host',
  bindings: ['kernel'],
  holdsByPtrace: false,
  undo: 'none',
  needs: [nativeCalls, namelessFiles],
  asksHost: 'floors',
  fileSystems,
  parameters,
  check({ size, percent: share, leaveFree, floor }) {
    const asked = { size, percent: share, leaveFree };
    const names = Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (names.length !== 1) {
      throw new InvalidInput('parameters', names, 'must set exactly one of size, percent and leaveFree');
    }
    if (leaveFree !== undefined && leaveFree < floor) {
      const expectation = `must be at least floor, which is ${formatBytes(floor)}`;
      throw new InvalidInput('parameters.leaveFree', formatBytes(leaveFree), expectation);
    }
  },
  directory: ({ path }) => path,
  magnitude: (parsed, { fileSystem }) =>
    fileSystem ? scratchMagnitude(askedBytes(parsed, fileSystem), fileSystem) : {},

  async hold({ kernel, parameters: parsed, briefing: { floors } = {} }) {
    const { path } = parsed;
    const space = kernel.fileSystem(path);
    if (!fileSystems.includes(space.type)) {
      const message = `${path} is on ${space.type}; stress.disk works on ${fileSystems.join(', ')}`;
      throw new HoldFailure('fault-unavailable', message);
    }
    const asked = askedBytes(parsed, space);
    if (asked <= 0) throw new HoldFailure('floor-crossed', `only ${formatBytes(space.freeBytes)} of ${path} is free`);
    const file = kernel.openNameless(path);
    await allocate(kernel, file, asked, parsed, floors);
    const watch = watchFloor(() => refuseBelowFloors(kernel, parsed, 0, floors), file.release);
    return {
      touched: [`${formatBytes(asked)} of ${path} (${space.type}) taken by a file without a name`],
      release() {
        watch.stop();
        file.release();
      },
      finished: watch.crossed,
    };
  },

  gauge: ({ host, parameters: { path } }) => host.fileSystem(path)?.freeBytes,

  seeEffect({ host, holders: [holder], parameters: parsed }) {
    const { path } = parsed;
    const space = host.fileSystem(path);
    const taken = holder ? (host.namelessBytes(holder) ?? 0) : 0;
    if (!space || !holder) return { isSeen: false, seen: `${path} cannot be looked at` };
    // How much "all but" was is known to the holder alone, since others write too.
    const asked = parsed.leaveFree === undefined ? askedBytes(parsed, space) : 1;
    const seen = `process ${holder.pid} has ${formatBytes(taken)} there that du does not show; ${formatBytes(space.freeBytes)} is free`;
    return { isSeen: taken >= asked, seen };
  },

  /** The end of the holder frees the file; whether it did is asked of the file system, as far as others' writes let tell. */
  seeRestored(sight): readonly SeenTarget[] {
    const { host, parameters: parsed, gauged } = sight;
    const gone = seeHolderGone(sight);
    const space = host.fileSystem(parsed.path);
    if (!space || gone.some(({ outcome }) => outcome !== 'restored')) return gone;
    const free = `${formatBytes(space.freeBytes)} of ${parsed.path} is free`;
    const before = gauged?.before?.value;
    const held = leastOf(gauged?.touched?.value, gauged?.ending?.value);
    if (before === undefined || held === undefined)
      return gone.map((entry) => ({ ...entry, seen: `${entry.seen}; ${free}` }));
    const takenBytes = Math.max(0, before - (gauged?.touched?.value ?? held));
    const expectedBytes = Math.min(before, held + takenBytes) - takenBytes / 2 - othersBytes;
    const isBack = space.freeBytes >= expectedBytes;
    return gone.map((entry) => ({
      ...entry,
      outcome: isBack ? 'restored' : 'still-held',
      seen: `${entry.seen}; ${free}, ${formatBytes(held)} was while it was held`,
    }));
  },
};

/** The file may be given back before the figure of the end is read, which then says nothing of the hold. */
function leastOf(touched: number | undefined, ending: number | undefined): number | undefined {
  return touched === undefined || ending === undefined ? (touched ?? ending) : Math.min(touched, ending);
}

function askedBytes(
  { size, percent: share, leaveFree }: ParametersOf<typeof parameters>,
  space: FileSystemSpace,
): number {
  if (leaveFree !== undefined) return Math.max(0, space.freeBytes - leaveFree);
  return size ?? Math.round((space.totalBytes * (share ?? 0)) / 100);
}
