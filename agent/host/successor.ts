/** Which process has taken the place of one that is gone. */
import { identityKey, type ProcessIdentity } from '../../proto/identity.ts';
import type { Likeness, ProcessFacts } from '../core/process.ts';
import { inSlices } from './in-slices.ts';
import { listPids } from './process-identity.ts';
import type { ProcessReader } from './process-table.ts';
import { readStat, tickMs } from './read-stat.ts';

/** The youngest process that qualifies, see `HostView.successorOf`. */
export type FindSuccessor = (process: Likeness, notBeforeBootMs?: number) => ProcessIdentity | undefined;

interface Inquiry {
  readonly process: Likeness;
  /** Start times are cut to whole ticks. */
  readonly fromTicks: number;
}

/** Between two looks: at least that long, and that many times what the last one took. */
const pauseMsMin = 100;
const pauseTimes = 3;

/**
 * It answers at once, by the last look at all processes, and has the next look begin: in slices, since ten thousand
 * processes in one go would hold up renewals. Whoever gets no answer yet asks again.
 */
export function createSuccessorFinder(reader: Pick<ProcessReader, 'readTable' | 'readProcess'>): FindSuccessor {
  /** Since the last look began. */
  const asked = new Map<string, Inquiry>();
  let answers: ReadonlyMap<string, ProcessIdentity> = new Map();
  let isLooking = false;
  let lookAgainAtMs = 0;

  async function look(): Promise<void> {
    const beganAtMs = performance.now();
    if (isLooking || beganAtMs < lookAgainAtMs) return;
    isLooking = true;
    try {
      // What is new is read in any case, and nothing else can have taken a place.
      const { processes } = await reader.readTable('recently');
      const inquiries = new Map(asked);
      asked.clear();
      answers = await inSlices(answer(inquiries, processes.values()));
    } catch {
      // Then there is no answer, and a later question begins another look.
    } finally {
      isLooking = false;
      const nowMs = performance.now();
      lookAgainAtMs = nowMs + Math.max(pauseMsMin, pauseTimes * (nowMs - beganAtMs));
    }
  }

  function* answer(
    inquiries: ReadonlyMap<string, Inquiry>,
    processes: Iterable<ProcessFacts>,
  ): Generator<void, ReadonlyMap<string, ProcessIdentity>> {
    const fromTicks = Math.min(...[...inquiries.values()].map((inquiry) => inquiry.fromTicks));
    const found = new Map<string, ProcessIdentity>();
    for (const { identity } of processes) {
      yield;
      if (identity.startTimeTicks < fromTicks) continue;
      const now = reader.readProcess(identity.pid);
      if (!now || now.state === 'Z') continue;
      for (const [key, { process, fromTicks: ownFromTicks }] of inquiries) {
        const { startTimeTicks } = now.identity;
        if (startTimeTicks < ownFromTicks || startTimeTicks <= (found.get(key)?.startTimeTicks ?? -1)) continue;
        if (identityKey(now.identity) === identityKey(process.identity)) continue;
        if (isLike(now, process)) found.set(key, now.identity);
      }
    }
    return found;
  }

  return (process, notBeforeBootMs) => {
    const fromTicks =
      notBeforeBootMs === undefined ? process.identity.startTimeTicks : Math.floor(notBeforeBootMs / tickMs);
    const key = `${identityKey(process.identity)}/${fromTicks}`;
    asked.set(key, { process, fromTicks });
    void look();
    return answers.get(key);
  };
}

/** All that qualify, the oldest first, in one go: for a holder, whose event loop has nothing else to do. */
export function findSuccessors(
  process: Likeness,
  notBeforeBootMs: number | undefined,
  reader: Pick<ProcessReader, 'readProcess'>,
  procRoot = '/proc',
): readonly ProcessIdentity[] {
  const { pid: formerPid, startTimeTicks: formerTicks } = process.identity;
  // Start times are cut to whole ticks.
  const fromTicks = notBeforeBootMs === undefined ? formerTicks : Math.floor(notBeforeBootMs / tickMs);
  const found: ProcessIdentity[] = [];
  for (const pid of listPids(procRoot)) {
    const startTimeTicks = readStat(`${procRoot}/${pid}/stat`)?.startTimeTicks ?? -1;
    if (startTimeTicks < fromTicks || (pid === formerPid && startTimeTicks === formerTicks)) continue;
    const other = reader.readProcess(pid);
    if (other && other.state !== 'Z' && isLike(other, process)) found.push(other.identity);
  }
  return found.sort((one, other) => one.startTimeTicks - other.startTimeTicks || one.pid - other.pid);
}

function isLike(other: Likeness, process: Likeness): boolean {
  const hasSameProgram = process.exe === undefined ? other.name === process.name : other.exe === process.exe;
  const hasSameArguments = other.cmdline.join('\0') === process.cmdline.join('\0');
  return hasSameProgram && other.uid === process.uid && (other.parentPid === process.parentPid || hasSameArguments);
}
