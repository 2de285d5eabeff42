/** One process that is to end, and what takes its place: waited for, or ended too. */
import { constants } from 'node:os';
import { identityKey, type ProcessIdentity } from '../../proto/identity.ts';
import type { Guard } from '../core/briefing.ts';
import type { Likeness } from '../core/process.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { HeldTarget, HolderKernel } from '../holders/holder-kernel.ts';

/** Signals whose purpose is an end. A stop that nothing undoes is what Leash exists to prevent: none is in this list. */
export const endingSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGABRT', 'SIGSEGV', 'SIGKILL'] as const;

export interface Killing {
  readonly kernel: HolderKernel;
  readonly signal: (typeof endingSignals)[number];
  /** After this SIGKILL follows; 0: it never does. */
  readonly graceMs: number;
  /** Undefined: nobody waits for what takes its place. */
  readonly respawnWithinMs: number | undefined;
  /** Until then, whatever takes its place is ended too. */
  readonly keepsOnUntilBootMs: number;
  /** What must not be touched, also when it takes the place of a target. */
  readonly guard: Guard | undefined;
  /** All that was hit, by identity: a process that takes a place is hit for one place only. */
  readonly hit: Set<string>;
}

export interface Victim {
  /** Sends the signal. @returns what was done, in words. */
  hit(): string;
  /** Follows what has become of it, and does what is due. */
  look(): Promise<void>;
  isOver(): boolean;
}

const successorLooksMsMin = 200;
/** Of a start time (proc_pid_stat(5)). */
const tickMs = 10;

export function createVictim(first: HeldTarget, killing: Killing): Victim {
  const { kernel, signal, graceMs, respawnWithinMs, keepsOnUntilBootMs, hit } = killing;
  const keepsOn = (): boolean => kernel.bootMs() < keepsOnUntilBootMs;
  // Read while it lives: there is nothing to compare a successor with afterwards.
  const likeness = respawnWithinMs === undefined && !keepsOn() ? undefined : kernel.likenessOf(first);
  let target = first;
  let notBeforeBootMs = kernel.bootMs();
  let hitAtBootMs = Number.POSITIVE_INFINITY;
  let isEscalated = false;
  let diedAtBootMs: number | undefined;
  let lookAgainAtBootMs = 0;
  let hasSuccessor = false;

  function strike(): string {
    hit.add(identityKey(target.identity));
    hitAtBootMs = kernel.bootMs();
    isEscalated = graceMs === 0;
    diedAtBootMs = undefined;
    hasSuccessor = false;
    const wasThere = kernel.signal(target, constants.signals[signal]);
    const { pid } = target.identity;
    return wasThere ? `process ${pid}: ${signal} sent` : `process ${pid} was gone before ${signal}`;
  }

  /** @returns whether it lives. */
  function escalate(): boolean {
    if (!kernel.isAlive(target)) return false;
    if (isEscalated || kernel.bootMs() < hitAtBootMs + graceMs) return true;
    isEscalated = true;
    kernel.signal(target, constants.signals.SIGKILL);
    return true;
  }

  async function lookForSuccessor(former: Likeness): Promise<void> {
    const lookedAtMs = kernel.bootMs();
    const found = kernel.successorsOf({ ...former, identity: target.identity }, notBeforeBootMs);
    hasSuccessor = found.length > 0;
    // A look reads all of /proc: leave time to others.
    lookAgainAtBootMs = kernel.bootMs() + Math.max(successorLooksMsMin, 3 * (kernel.bootMs() - lookedAtMs));
    const free = found.find((identity) => !hit.has(identityKey(identity)));
    if (!free || !keepsOn()) return;
    const next = await openUnprotected(free, killing);
    if (!next) return;
    if (target !== first) kernel.close(target);
    target = next;
    notBeforeBootMs = free.startTimeTicks * tickMs;
    strike();
  }

  return {
    hit: strike,
    async look() {
      if (diedAtBootMs === undefined && escalate()) return;
      diedAtBootMs ??= kernel.bootMs();
      const isDone = hasSuccessor && !keepsOn();
      if (likeness === undefined || isDone || kernel.bootMs() < lookAgainAtBootMs) return;
      await lookForSuccessor(likeness);
    },
    isOver() {
      if (diedAtBootMs === undefined || keepsOn()) return false;
      if (likeness === undefined || respawnWithinMs === undefined) return true;
      return hasSuccessor || kernel.bootMs() - diedAtBootMs >= respawnWithinMs;
    },
  };
}

/** @returns undefined where it is gone again already. @throws HoldFailure where it must not be touched. */
async function openUnprotected(identity: ProcessIdentity, { kernel, guard }: Killing): Promise<HeldTarget | undefined> {
  let opened: HeldTarget;
  try {
    opened = kernel.open(identity);
  } catch (error) {
    if (error instanceof HoldFailure && (error.reason === 'target-gone' || error.reason === 'target-changed')) {
      return undefined;
    }
    throw error;
  }
  await requireUnprotected([identity], kernel, guard);
  return opened;
}

/** At the act: what a process is to its host may have changed since it was chosen. @throws HoldFailure target-protected */
export async function requireUnprotected(
  identities: readonly ProcessIdentity[],
  kernel: HolderKernel,
  guard: Guard | undefined,
): Promise<void> {
  if (!guard) return;
  for (const { identity, reasons } of await kernel.protectedAmong(identities, guard)) {
    throw new HoldFailure('target-protected', `process ${identity.pid} is protected: ${reasons.join(', ')}`);
  }
}
