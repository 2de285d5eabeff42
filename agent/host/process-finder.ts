/** Finds the processes of a selector on this host: looks up what it asks about, matches, and looks again at each match. */
import type { Pid } from '../../proto/identity.ts';
import type { Refusal } from '../../proto/refusal.ts';
import { createBootClock } from '../../shared/boot-clock.ts';
import type { CompilePattern } from '../core/argument-pattern.ts';
import { type Findings, type Inquiry, inquiryOf } from '../core/inquiry.ts';
import type { Match as Found } from '../core/match.ts';
import type { ProcessFacts, ProcessTable } from '../core/process.ts';
import type { Protection } from '../core/protection.ts';
import { createMatcher } from '../core/selection.ts';
import type { FindProcesses, Match, SearchProcesses } from '../engine/examine.ts';
import { measureCpu } from './cpu-usage.ts';
import { inSlices } from './in-slices.ts';
import { findListeners } from './listeners.ts';
import { readPidfile } from './pidfile.ts';
import type { ProcessReader } from './process-table.ts';

export interface ProcessFinderOptions {
  readonly reader: ProcessReader;
  readonly procRoot?: string;
  readonly bootMs?: () => number;
  readonly unixMs?: () => number;
}

const batchSize = 100;

export function createProcessFinder(options: ProcessFinderOptions): FindProcesses {
  const search = createProcessSearch(options);
  return async (table, selector, protection) => {
    const { batches, refusals } = await search(table, selector, protection);
    const matches: Match[] = [];
    for await (const batch of batches) matches.push(...batch);
    return { matches, refusals };
  };
}

export function createProcessSearch({
  reader,
  procRoot = '/proc',
  bootMs = createBootClock(),
  unixMs = Date.now,
}: ProcessFinderOptions): SearchProcesses {
  async function lookUp(
    inquiry: Inquiry,
    table: ProcessTable,
    protection: Protection,
  ): Promise<Findings | readonly Refusal[]> {
    const refusals: Refusal[] = [];
    const pidfiles = new Map<string, Pid>();
    const files = [...inquiry.pidfiles].map(async (path) => {
      const found = await readPidfile(path, { processOf: reader.readProcess, bootMs, unixMs });
      if (typeof found === 'number') pidfiles.set(path, found);
      else refusals.push(found);
    });
    await Promise.all(files);
    const { byPort, hidden } = await inSlices(findListeners(inquiry.ports, table.processes.values(), procRoot));
    const missed = await inSlices(touchable(hidden, protection));
    if (missed.length > 0) refusals.push(socketsHidden(inquiry.ports, missed));
    if (refusals.length > 0) return refusals;
    const cpuPercent = inquiry.asksCpu ? await measureCpu(table.processes.values(), { procRoot }) : new Map();
    return { pidfiles, listeners: byPort, cpuPercent };
  }

  return async (table, selector, protection) => {
    const inquiry = inquiryOf(selector);
    const matcher = createMatcher(selector, inquiry.asksArguments ? await loadPatterns() : noPatterns);
    const findings = await lookUp(inquiry, table, protection);
    if (isRefused(findings)) return { batches: noBatches(), refusals: findings };
    const world = { table, findings };
    const candidates = await inSlices(matcher.narrow(table.processes.values(), world));

    /** The table was read bit by bit, or some seconds ago; what is handed on is whole, and matches as it is now. */
    function* lookAgain(some: readonly Found[]): Generator<void, readonly Match[]> {
      const whole = yield* reader.readEach(some.map(({ process }) => process));
      return yield* guarded(yield* matcher.narrow(whole.values(), world), protection);
    }

    async function* inBatches(): AsyncGenerator<readonly Match[], void> {
      for (let first = 0; first < candidates.length; first += batchSize) {
        yield await inSlices(lookAgain(candidates.slice(first, first + batchSize)));
      }
    }
    return { batches: inBatches(), refusals: [] };
  };
}

async function* noBatches(): AsyncGenerator<readonly Match[], void> {}

/** Who may not be touched in any case, such as pid 1, may hold a socket or not: the same processes are chosen. */
function* touchable(
  processes: readonly ProcessFacts[],
  protection: Protection,
): Generator<void, readonly ProcessFacts[]> {
  const found: ProcessFacts[] = [];
  for (const process of processes) {
    if (protection(process).length === 0) found.push(process);
    yield;
  }
  return found;
}

function* guarded(found: readonly Found[], protection: Protection): Generator<void, readonly Match[]> {
  const judged: Match[] = [];
  for (const { process, matched } of found) {
    judged.push({ process, matched, protectedBy: protection(process) });
    yield;
  }
  return judged;
}

/** The library of expressions is large, and most agents never need it. */
async function loadPatterns(): Promise<CompilePattern> {
  return (await import('../core/argument-pattern.ts')).compilePattern;
}

const noPatterns: CompilePattern = (_pattern, path) => {
  throw new Error(`${path}: patterns were not loaded`);
};

function isRefused(findings: Findings | readonly Refusal[]): findings is readonly Refusal[] {
  return Array.isArray(findings);
}

function socketsHidden(ports: ReadonlySet<number>, hidden: readonly ProcessFacts[]): Refusal {
  const shown = hidden.slice(0, 3).map(({ identity }) => identity.pid);
  const pids = `${shown.join(', ')}${hidden.length > 3 ? ', …' : ''}`;
  return {
    reason: 'sockets-hidden',
    message:
      `who listens on port ${[...ports].join(', ')} cannot be told for sure: the agent may not look at the sockets of ` +
      `${hidden.length} processes (${pids}); it needs CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE`,
    value: String(hidden.length),
    bound: '0',
  };
}
