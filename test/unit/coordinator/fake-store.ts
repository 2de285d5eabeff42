/** A store in memory that keeps what a disk would keep, and can be made to fail. */
import { claimConflicts, type HeldClaim } from '../../../coordinator/core/claims.ts';
import { openHosts, type RunState } from '../../../coordinator/core/run.ts';
import type {
  AuditEntry,
  CoordinatorLatch,
  Resolution,
  RunEvent,
  Store,
  StoredPlan,
} from '../../../coordinator/engine/ports.ts';
import { type Programme, withoutProgramme } from '../../../coordinator/engine/programme-port.ts';

export interface FakeStore extends Store {
  /** Every write rejects from now on. */
  isBroken: boolean;
  readonly audited: readonly AuditEntry[];
  /** Remembers what runs have taken, and nothing else. */
  readonly programme: Programme;
}

export function createFakeStore(): FakeStore {
  const runs = new Map<string, string>();
  const events: RunEvent[] = [];
  const plans = new Map<string, StoredPlan>();
  const resolutions: Resolution[] = [];
  const audited: AuditEntry[] = [];
  let claims: readonly HeldClaim[] = [];
  const release = async (runId: string): Promise<void> => {
    claims = claims.filter((claim) => claim.runId !== runId);
  };
  let latch: CoordinatorLatch = { isHalted: false, epoch: 0, reason: '', by: '' };
  const all = (): RunState[] => [...runs.values()].map((text) => JSON.parse(text) as RunState);
  const write = (act: () => void): Promise<void> => {
    if (store.isBroken) return Promise.reject(new Error('the disk is full'));
    act();
    return Promise.resolve();
  };
  const store: FakeStore = {
    isBroken: false,
    audited,
    programme: {
      ...withoutProgramme,
      records: {
        ...withoutProgramme.records,
        async claim(runId, experiment, wanted) {
          const conflicts = claimConflicts(runId, wanted, claims);
          if (conflicts.length > 0) return conflicts;
          await release(runId);
          claims = [...claims, ...wanted.map((claim) => ({ ...claim, runId, experiment }))];
          return conflicts;
        },
        release,
        claims: async () => claims,
      },
    },
    saveRun: (run, news) =>
      write(() => {
        if (run.life.phase === 'ended' && openHosts(run).length === 0) void release(run.facts.runId);
        runs.set(run.facts.runId, JSON.stringify(run));
        events.push(...news);
      }),
    findRun: async (runId) => all().find((run) => run.facts.runId === runId),
    listRuns: async (runsMax) => all().reverse().slice(0, runsMax),
    listUnfinishedRuns: async () => all().filter((run) => run.life.phase !== 'ended' || openHosts(run).length > 0),
    eventsOf: async (runId) => events.filter((event) => event.runId === runId),
    savePlan: (plan) => write(() => void plans.set(plan.targetsDigest, plan)),
    findPlan: async (digest) => plans.get(digest),
    readLatch: async () => latch,
    writeLatch: (next) =>
      write(() => {
        latch = next;
      }),
    async addResolution(resolution) {
      await write(() => void resolutions.push(resolution));
      return resolutions.filter((each) => each.host === resolution.host);
    },
    closeResolutions: (host) =>
      write(() => {
        for (let index = resolutions.length - 1; index >= 0; index -= 1) {
          if (resolutions[index]?.host === host) resolutions.splice(index, 1);
        }
      }),
    audit: (entry) => write(() => void audited.push(entry)),
    haltDrilledAtUnixMs: async () => undefined,
    noteHaltDrill: () => write(() => undefined),
  };
  return store;
}
