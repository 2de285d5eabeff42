/**
 * Reads processes from /proc, in slices, so that ten thousand of them do not hold up the event loop. A table costs one
 * file a process, and one more for each thing that is then asked about one: its owner, program, arguments, place.
 */
import { type Pid, sameProcess } from '../../proto/identity.ts';
import { createBootClock } from '../../shared/boot-clock.ts';
import type { ProcessFacts, ProcessTable } from '../core/process.ts';
import type { CgroupPlace } from './cgroup-path.ts';
import { type Freshness, hasLostParent, type Reading, stillHolds } from './freshness.ts';
import { inSlices } from './in-slices.ts';
import { livingThreadOf, type Place } from './living-thread.ts';
import { readPageSize } from './page-size.ts';
import type { ProcStat } from './proc-stat.ts';
import { createProcessFiles, type Owner, type OwnerOf } from './process-files.ts';
import { readBootId } from './process-identity.ts';
import { listProcesses } from './process-listing.ts';
import { type Accounts, ProcessOnDemand, type ProcessOutline } from './process-on-demand.ts';
import { type AccountNames, createGroups, createUsers } from './users.ts';

export interface ProcessReader {
  readonly bootId: string;
  /** Every process, in order of pid. One that vanishes while it is read is left out. @throws Error after ten seconds. */
  readTable(freshness?: Freshness): Promise<ProcessTable>;
  /** One process now, whole and in one piece, or undefined when there is none; about 50 µs. */
  readProcess(pid: Pid): ProcessFacts | undefined;
  /** Processes of a table as they are now, whole, without those that are gone: a step for each. */
  readEach(processes: Iterable<ProcessFacts>): Generator<void, ReadonlyMap<Pid, ProcessFacts>>;
}

export interface ProcessReaderOptions {
  /** Another tree, for tests; and whom its directories belong to, since only root may give them away. */
  readonly procRoot?: string;
  readonly ownerOf?: OwnerOf;
  readonly users?: () => AccountNames;
  readonly groups?: () => AccountNames;
  readonly bootMs?: () => number;
}

/** Within this, what the stat file said is as good as new. */
const momentMs = 1000;
/** An agent that is asked nothing keeps nothing. */
const forgottenAfterMs = 60_000;

/** @throws Error where /proc is not mounted. */
export function createProcessReader({
  procRoot = '/proc',
  ownerOf,
  users = createUsers(),
  groups = createGroups(),
  bootMs,
}: ProcessReaderOptions = {}): ProcessReader {
  const bootId = readBootId(procRoot);
  const pageBytes = readPageSize();
  const files = createProcessFiles(procRoot, ownerOf);
  /** Of the latest table. */
  let known: ReadonlyMap<Pid, ProcessOnDemand> = new Map();
  let forgetting: NodeJS.Timeout | undefined;
  const accounts = (): Accounts => ({ users: users(), groups: groups() });
  let lateClock = bootMs;
  const clock = (): number => {
    // Not before it is needed: holders read processes too, and never a table.
    lateClock ??= createBootClock();
    return lateClock();
  };

  function outlineOf(pid: Pid, stat: ProcStat, living: ProcStat): ProcessOutline {
    const { name, parentPid, threads, sessionId, isKernelThread } = stat;
    return {
      identity: { bootId, pid, startTimeTicks: stat.startTimeTicks },
      parentPid,
      name,
      state: living.state,
      threads,
      residentBytes: living.residentPages * pageBytes,
      sessionId,
      isKernelThread,
    };
  }

  function begin(pid: Pid, reading: Omit<Reading, 'place'>, names: Accounts): ProcessOnDemand | undefined {
    const stat = files.stat(pid);
    if (!stat) return undefined;
    const living = livingThreadOf(stat, procRoot);
    const { place } = living;
    return new ProcessOnDemand(outlineOf(pid, stat, living.stat), { ...reading, place }, files, names);
  }

  function read(pid: Pid, names: Accounts): ProcessFacts | undefined {
    const found = files.inOnePiece(pid, (stat) => {
      const living = livingThreadOf(stat, procRoot);
      return { living, rest: readRest(pid, living.place) };
    });
    if (!found) return undefined;
    const { living, rest } = found.value;
    // What its own file says last goes before what it said first.
    const last = living.stat.pid === pid ? found.stat : living.stat;
    return wholeOf(outlineOf(pid, found.stat, last), rest, names);
  }

  /** What was begun a moment ago is only completed: its directory is looked at last, and is the one that was listed. */
  function complete(process: ProcessFacts, names: Accounts, nowBootMs: number): ProcessFacts | undefined {
    const { pid } = process.identity;
    if (process instanceof ProcessOnDemand && nowBootMs - process.reading.atBootMs < momentMs) {
      const rest = readRest(pid, process.reading.place);
      if (rest.owner?.inode !== undefined && rest.owner.inode === process.reading.inode) {
        return wholeOf(process, rest, names);
      }
    }
    return read(pid, names);
  }

  function readRest(pid: Pid, at: Place): Rest {
    return { exe: files.exe(at), cmdline: files.cmdline(at), place: files.cgroup(at), owner: files.owner(pid) };
  }

  function* scan(freshness: Freshness): Generator<void, ProcessTable> {
    const names = accounts();
    const atBootMs = clock();
    const former = freshness === 'recently' ? known : new Map<Pid, ProcessOnDemand>();
    const processes = new Map<Pid, ProcessOnDemand>();
    for (const { pid, inode } of yield* listProcesses(procRoot)) {
      const before = former.get(pid);
      const process = before && stillHolds(before, before.reading, inode, atBootMs) ? before : undefined;
      const found = process ?? begin(pid, { inode, atBootMs }, names);
      if (found) processes.set(pid, found);
      yield;
    }
    for (const [pid, process] of processes) {
      if (process !== former.get(pid) || !hasLostParent(process, processes)) continue;
      const anew = begin(pid, { inode: process.reading.inode, atBootMs }, names);
      if (anew) processes.set(pid, anew);
      else processes.delete(pid);
      yield;
    }
    remember(processes);
    return { bootId, processes };
  }

  function remember(processes: ReadonlyMap<Pid, ProcessOnDemand>): void {
    known = processes;
    clearTimeout(forgetting);
    forgetting = setTimeout(() => {
      known = new Map();
    }, forgottenAfterMs).unref();
  }

  return {
    bootId,
    readProcess: (pid) => read(pid, accounts()),
    readTable: (freshness = 'now') => inSlices(scan(freshness)),
    *readEach(processes) {
      const names = accounts();
      const nowBootMs = clock();
      const whole = new Map<Pid, ProcessFacts>();
      for (const process of processes) {
        const facts = complete(process, names, nowBootMs);
        if (facts && sameProcess(facts.identity, process.identity)) whole.set(facts.identity.pid, facts);
        yield;
      }
      return whole;
    },
  };
}

/** What the other files say. */
interface Rest {
  readonly exe: string | undefined;
  readonly cmdline: readonly string[] | undefined;
  readonly place: CgroupPlace | undefined;
  readonly owner: Owner | undefined;
}

function wholeOf(
  outline: ProcessOutline,
  { owner, exe, cmdline, place }: Rest,
  { users, groups }: Accounts,
): ProcessFacts | undefined {
  if (!owner || !cmdline || !place) return undefined;
  const { uid, gid } = owner;
  const { cgroup, unit } = place;
  // Field by field: spreading one object into another costs three times as much, and this is done for each match.
  return {
    identity: outline.identity,
    parentPid: outline.parentPid,
    name: outline.name,
    state: outline.state,
    threads: outline.threads,
    residentBytes: outline.residentBytes,
    sessionId: outline.sessionId,
    isKernelThread: outline.isKernelThread,
    uid,
    gid,
    user: users.nameOf(uid),
    group: groups.nameOf(gid),
    exe,
    cmdline,
    cgroup,
    unit,
  };
}
