/**
 * After a start: runs that were holding, and whose every fault is found in force, are taken up again. Every other run
 * that had begun is ended. Faults that were injected for a run of this coordinator and that no run claims are let go. A run that was only submitted or
 * queued has touched nothing, and waits as before.
 */
import { afterRestart } from '../core/after-restart.ts';
import { hasOpenLoad } from '../core/load.ts';
import { isOpen, openHosts, type RunState } from '../core/run.ts';
import type { FaultSeen } from '../core/run-decision.ts';
import type { HostDescription } from './fleet-port.ts';
import type { EnginePorts } from './ports.ts';
import type { RunKeeper } from './run-keeper.ts';

interface ReconcileContext extends Pick<EnginePorts, 'fleet' | 'clock' | 'store' | 'warn' | 'isOwnRunId'> {
  readonly keeper: RunKeeper;
}

/** How long a host has to answer before its part of a run counts as lost. A lease is longer. */
export const answerWithinMs = 3000;
const askAgainMs = 250;

export async function reconcile(context: ReconcileContext): Promise<void> {
  const { store, keeper, clock } = context;
  const unfinished = await store.listUnfinishedRuns();
  for (const run of unfinished) {
    keeper.restore(afterRestart(run, clock.bootMs()), await store.eventsOf(run.facts.runId));
  }
  await Promise.all(unfinished.map((run) => takeUp(context, run)));
}

/** Resolves when every host of the fleet is connected, or has had as long as a host has to answer. */
export async function hostsAreBack({ fleet, clock }: Pick<EnginePorts, 'fleet' | 'clock'>): Promise<void> {
  const untilMs = clock.bootMs() + answerWithinMs;
  while (fleet.hosts().some((host) => !host.isConnected) && clock.bootMs() < untilMs) {
    await new Promise<void>((resolve) => clock.after(askAgainMs, resolve));
  }
}

/** Lets go of whatever a host holds for a run of ours that does not claim it. Faults of others are left to their leases. */
export function letGoOrphans(
  { fleet, keeper, warn, isOwnRunId }: ReconcileContext,
  host: string,
  faults: readonly FaultSeen[],
): void {
  for (const fault of faults) {
    if (fault.phase === 'ended' || !isOwnRunId(fault.runId)) continue;
    const owner = keeper.get(fault.runId);
    const isClaimed = owner?.placements.some(
      (each) => each.host === host && each.key === fault.idempotencyKey && isOpen(each),
    );
    if (isClaimed) continue;
    fleet
      .restore(host, { faultId: fault.faultId }, 'no run claims it')
      .catch((error: unknown) => warn(`fault ${fault.faultId} on ${host} that no run claims was not let go`, error));
  }
}

async function takeUp({ keeper, fleet, clock }: ReconcileContext, run: RunState): Promise<void> {
  const { runId } = run.facts;
  if (run.life.phase === 'submitted' || run.life.phase === 'queued') return;
  if (run.life.phase === 'ending' || run.life.phase === 'ended') {
    keeper.dispatch(runId, { type: 'tick' });
    return;
  }
  const faults = isHolding(run) ? await faultsInForce({ fleet, clock }, run) : undefined;
  if (faults) keeper.dispatch(runId, { type: 'reclaim', faults });
  else {
    const detail = 'the coordinator was restarted, and the run could not be taken up again';
    keeper.dispatch(runId, { type: 'end', end: { cause: 'coordinator-restarted', detail } });
  }
}

/** A load ended with the coordinator that drove it, and is not driven twice. */
function isHolding(run: RunState): boolean {
  const { life } = run;
  return life.phase === 'running' && life.activity.name === 'holding' && !hasOpenLoad(run);
}

/** @returns the faults of every open inject, or undefined when one of them is not active any more. */
async function faultsInForce(
  context: Pick<EnginePorts, 'fleet' | 'clock'>,
  run: RunState,
): Promise<readonly (FaultSeen & { readonly host: string })[] | undefined> {
  const open = run.placements.filter(isOpen);
  const descriptions = await Promise.all(
    openHosts(run).map(async (host) => [host, await describeWithin(context, host)] as const),
  );
  const byHost = new Map(descriptions);
  const faults = open.map(({ host, key }) => {
    const fault = byHost.get(host)?.active.find((each) => each.idempotencyKey === key);
    return fault?.phase === 'active' ? { ...fault, host } : undefined;
  });
  return faults.every((fault) => fault !== undefined) ? faults : undefined;
}

/** Sessions are only being opened at this point, so a host that does not answer at once is asked again. */
async function describeWithin(
  { fleet, clock }: Pick<EnginePorts, 'fleet' | 'clock'>,
  host: string,
): Promise<HostDescription | undefined> {
  const untilMs = clock.bootMs() + answerWithinMs;
  for (;;) {
    try {
      return await fleet.describe(host);
    } catch {
      if (clock.bootMs() + askAgainMs >= untilMs) return undefined;
      await new Promise<void>((resolve) => clock.after(askAgainMs, resolve));
    }
  }
}
