/** Looking at the host after a touch and after an end: asked again until it is seen, or until the time is over. */

import { isConfirmed } from '../../proto/fault.ts';
import { type ProcessIdentity, sameProcess } from '../../proto/identity.ts';
import type { Look, SeenTarget } from '../core/state.ts';
import type { FaultKind, Sight } from '../faults/fault-kind.ts';
import type { ParameterTable } from '../faults/parameter.ts';
import { type Hold, sightOf } from './hold.ts';
import type { Clock, EnginePorts } from './ports.ts';

const restoreLookMs = 2000;
const pauseMaxMs = 50;
/** USER_HZ is 100 on every Linux that Node runs on (time(7)). */
const tickMs = 10;

export async function lookForEffect(
  kind: FaultKind,
  sight: Sight<ParameterTable>,
  clock: Clock,
  withinMs: number,
): Promise<{ readonly isSeen: boolean; readonly seen: string }> {
  return asOftenAsNeeded(clock, withinMs, async () => {
    const result = await seenEffect(kind, sight);
    return { result, isDone: result.isSeen };
  });
}

/** Looks until every target is confirmed and the holder is gone. A holder that died early has its undo replayed here. */
export async function lookForRestore(hold: Hold, ports: EnginePorts, undo: () => void): Promise<Look> {
  let goneAtMs: number | undefined;
  return asOftenAsNeeded(ports.clock, restoreLookMs, async () => {
    const isHolderGone = holderIsGone(hold, ports);
    if (isHolderGone) goneAtMs ??= ports.clock.bootMs();
    const targets = await seenTargets(hold, ports);
    const isDone = isHolderGone && targets.every((target) => isConfirmed(target.outcome));
    if (isHolderGone && !isDone) undo();
    // What the kernel gives back after the end of the holder: on the first look already, as a rule.
    const resourceBackMs = goneAtMs === undefined ? 0 : Math.round(ports.clock.bootMs() - goneAtMs);
    return { result: { targets, isHolderGone, resourceBackMs, atUnixMs: ports.clock.unixMs() }, isDone };
  });
}

/** Looks at one target only, while the holder goes on with the others. */
export async function lookForTarget(
  hold: Hold,
  ports: EnginePorts,
  target: ProcessIdentity,
): Promise<readonly SeenTarget[]> {
  return asOftenAsNeeded(ports.clock, restoreLookMs, async () => {
    const result = (await seenTargets(hold, ports)).filter(
      (each) => each.identity && sameProcess(each.identity, target),
    );
    return { result, isDone: result.every((each) => isConfirmed(each.outcome)) };
  });
}

/** A look that fails has seen nothing: it is asked again, and ends in "unknown", never in a crash and never in "restored". */
async function seenEffect(kind: FaultKind, sight: Sight<ParameterTable>): Promise<{ isSeen: boolean; seen: string }> {
  try {
    return await kind.seeEffect(sight);
  } catch (error) {
    return { isSeen: false, seen: failedLook(error) };
  }
}

async function seenTargets(hold: Hold, ports: EnginePorts): Promise<readonly SeenTarget[]> {
  try {
    return await lookAtTargets(hold, ports);
  } catch (error) {
    const unknown = { outcome: 'unknown', seen: failedLook(error), threads: 0, threadsRunning: 0 } as const;
    const { targets } = hold.subject;
    return targets.length === 0 ? [unknown] : targets.map(({ identity }) => ({ ...unknown, identity }));
  }
}

function failedLook(error: unknown): string {
  return `it could not be looked at: ${error instanceof Error ? error.message : String(error)}`;
}

async function lookAtTargets(hold: Hold, ports: EnginePorts): Promise<readonly SeenTarget[]> {
  return (await hold.subject.kind.seeRestored(sightOf(hold, ports))).map((target, index): SeenTarget => {
    const identity = hold.subject.targets[index]?.identity;
    const respawnMs = respawnMsOf(target.successor, hold.touchedAtBootMs);
    return { ...target, ...(identity ? { identity } : {}), ...(respawnMs === undefined ? {} : { respawnMs }) };
  });
}

/** From the order to touch to the start of the successor, which the kernel keeps in ticks of 10 ms. */
function respawnMsOf(successor: ProcessIdentity | undefined, touchedAtBootMs: number | undefined): number | undefined {
  if (!successor || touchedAtBootMs === undefined) return undefined;
  return Math.max(tickMs, Math.round(successor.startTimeTicks * tickMs - touchedAtBootMs));
}

function holderIsGone(hold: Hold, ports: EnginePorts): boolean {
  if (hold.isHolderGone) return true;
  try {
    return hold.formerHolder !== undefined && ports.host.threads(hold.formerHolder).kind === 'gone';
  } catch {
    return false;
  }
}

/** Waits at least three times as long as a look takes, so that looking at thousands of threads leaves time to others. */
async function asOftenAsNeeded<Result>(
  clock: Clock,
  withinMs: number,
  look: () => Promise<{ readonly result: Result; readonly isDone: boolean }>,
): Promise<Result> {
  const beganAtMs = clock.bootMs();
  let pauseMs = 1;
  for (;;) {
    const lookedAtMs = clock.bootMs();
    const { result, isDone } = await look();
    const nowMs = clock.bootMs();
    if (isDone || nowMs - beganAtMs >= withinMs) return result;
    await new Promise<void>((resolve) => clock.after(Math.max(pauseMs, 3 * (nowMs - lookedAtMs)), resolve));
    pauseMs = Math.min(pauseMs * 2, pauseMaxMs);
  }
}
