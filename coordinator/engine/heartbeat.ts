/**
 * Every host hears from the coordinator every three seconds, and sooner where it holds a lease that is shorter than
 * three of these, with the renewals that are due there. The same code path is used when there are none, so that it is
 * warm when it matters.
 */
import { beatAfterMs, lastLeaseEndsAtMs, renewalDeadlineMs, renewalsFor, renewEveryMs } from '../core/lease-book.ts';
import type { RunState } from '../core/run.ts';
import type { RunInput } from '../core/run-decision.ts';
import type { EnginePorts } from './ports.ts';

export interface HeartbeatContext extends Pick<EnginePorts, 'fleet' | 'clock'> {
  runs(): readonly RunState[];
  dispatch(runId: string, input: RunInput): void;
}

export interface Heartbeat {
  /** Boot time at which the last lease of this host is over, should it never be heard of again. */
  lastLeaseEndsAtMs(host: string): number | undefined;
  /** When it last beat, on CLOCK_BOOTTIME. */
  lastBeatAtMs(): number;
  /** Renews now what is due, out of turn. */
  beat(): void;
  /** A lease is being asked for: the next beat must not come too late for it. */
  quicken(): void;
  stop(): void;
}

export function startHeartbeat({ fleet, clock, runs, dispatch }: HeartbeatContext): Heartbeat {
  /** The latest instant at which the last renewal of a fault can have arrived. */
  const arrivedByMs = new Map<string, number>();
  const beatenAtMs = new Map<string, number>();
  let isStopped = false;
  let nextAtMs = Number.POSITIVE_INFINITY;
  let lastBeatAtMs = clock.bootMs();
  let cancel = (): void => undefined;
  arm(renewEveryMs);

  function arm(afterMs: number): void {
    cancel();
    nextAtMs = clock.bootMs() + afterMs;
    cancel = clock.after(afterMs, beat);
  }

  function beat(): void {
    if (isStopped) return;
    lastBeatAtMs = clock.bootMs();
    const all = runs();
    // Armed before the work, so that nothing in it can end the beat.
    arm(beatAfterMs(all));
    forgetOld(all);
    for (const { name, isConnected } of fleet.hosts()) if (isConnected) void renew(name, all);
  }

  async function renew(host: string, all: readonly RunState[]): Promise<void> {
    const nowMs = clock.bootMs();
    const due = renewalsFor(host, all, nowMs);
    // A beat that is early for the sake of others.
    if (due.length === 0 && nowMs - (beatenAtMs.get(host) ?? Number.NEGATIVE_INFINITY) < renewEveryMs) return;
    beatenAtMs.set(host, nowMs);
    const runOf = new Map(due.map(({ faultId, runId }) => [faultId, runId]));
    for (const { faultId } of due) arrivedByMs.set(faultId, nowMs + renewalDeadlineMs);
    try {
      const results = await fleet.renew(host, due);
      for (const { faultId, isRenewed, detail } of results) {
        const runId = runOf.get(faultId);
        if (runId === undefined) continue;
        arrivedByMs.set(faultId, clock.bootMs());
        const input: RunInput = isRenewed
          ? { type: 'renewed', faultIds: [faultId], sentAtMs: nowMs }
          : { type: 'renewal-refused', faultId, detail };
        dispatch(runId, input);
      }
    } catch {
      // The lease says when silence becomes too long; until then the next beat is the retry.
    }
  }

  function forgetOld(all: readonly RunState[]): void {
    const known = new Set(
      all.flatMap((run) => run.placements.flatMap(({ life }) => ('faultId' in life ? [life.faultId] : []))),
    );
    for (const faultId of arrivedByMs.keys()) if (!known.has(faultId)) arrivedByMs.delete(faultId);
  }

  return {
    lastLeaseEndsAtMs: (host) => lastLeaseEndsAtMs(host, runs(), arrivedByMs),
    lastBeatAtMs: () => lastBeatAtMs,
    beat,
    quicken() {
      const afterMs = beatAfterMs(runs());
      if (!isStopped && clock.bootMs() + afterMs < nextAtMs) arm(afterMs);
    },
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
