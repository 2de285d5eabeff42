/** What a coordinator keeps, on a disk that commits each write whole or not at all, and that can fail. */
import { openHosts, type RunState } from '../../../coordinator/core/run.ts';
import type { CoordinatorLatch, Resolution, RunEvent, Store, StoredPlan } from '../../../coordinator/engine/ports.ts';
import { runningProcess } from '../world/process.ts';

/** Outlives the coordinators that use it. */
export interface Kept {
  readonly runs: Map<string, string>;
  readonly events: RunEvent[];
  readonly plans: Map<string, StoredPlan>;
  readonly resolutions: Resolution[];
  latch: CoordinatorLatch;
  isBroken: boolean;
  /** Called with each run that is over, and for which no host owes anything. */
  onClosed(runId: string): void;
}

export function nothingKept(onClosed: Kept['onClosed']): Kept {
  return {
    runs: new Map(),
    events: [],
    plans: new Map(),
    resolutions: [],
    latch: { isHalted: false, epoch: 0, reason: '', by: '' },
    isBroken: false,
    onClosed,
  };
}

const writeMs = { from: 0.3, to: 4 };

export function createKeptStore(kept: Kept): Store {
  const runsOf = (isMeant: (run: RunState) => boolean): RunState[] =>
    [...kept.runs.values()].map((text) => JSON.parse(text) as RunState).filter(isMeant);

  function write(commit: () => void): Promise<void> {
    const process = runningProcess();
    const { host } = process;
    return new Promise((resolve, reject) => {
      if (!process.step()) return;
      host.timeline.at(host.timeline.nowMs() + host.random.between(writeMs.from, writeMs.to), () => {
        if (!host.isUp) return;
        if (kept.isBroken) {
          process.run(() => reject(new Error('the disk is full')));
          return;
        }
        commit();
        process.run(resolve);
      });
    });
  }

  return {
    saveRun(run, events) {
      const text = JSON.stringify(run);
      return write(() => {
        kept.runs.set(run.facts.runId, text);
        kept.events.push(...events);
        const isAbandoned = run.placements.some(({ life }) => life.phase === 'abandoned');
        if (run.life.phase === 'ended' && openHosts(run).length === 0 && !isAbandoned) kept.onClosed(run.facts.runId);
      });
    },
    findRun: async (runId) => runsOf((run) => run.facts.runId === runId)[0],
    listRuns: async (runsMax) =>
      runsOf(() => true)
        .reverse()
        .slice(0, runsMax),
    listUnfinishedRuns: async () => runsOf((run) => run.life.phase !== 'ended' || openHosts(run).length > 0),
    eventsOf: async (runId) => kept.events.filter((event) => event.runId === runId),
    savePlan: (plan) => write(() => void kept.plans.set(plan.targetsDigest, plan)),
    findPlan: async (digest) => kept.plans.get(digest),
    readLatch: async () => kept.latch,
    writeLatch: (latch) =>
      write(() => {
        kept.latch = latch;
      }),
    async addResolution(resolution) {
      await write(() => void kept.resolutions.push(resolution));
      return kept.resolutions.filter((each) => each.host === resolution.host);
    },
    closeResolutions: (host) =>
      write(() => {
        const others = kept.resolutions.filter((each) => each.host !== host);
        kept.resolutions.splice(0, kept.resolutions.length, ...others);
      }),
    audit: () => write(() => undefined),
    haltDrilledAtUnixMs: async () => undefined,
    noteHaltDrill: () => write(() => undefined),
  };
}
