/**
 * One round: inject, reach the instant, strike, and then look at the host: every thread of the victim runs by its own
 * stamp, and no holder, stressor or rule is left. What the agent says of itself is no witness.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { JsonObject } from '../../proto/struct.ts';
import { violationsIn } from '../invariants/index.ts';
import type { Violation } from '../invariants/invariant.ts';
import { inject } from '../rig/inject.ts';
import { commandLineOf, processesThatLogTo, threadStates, watchProcessesThatLogTo } from '../rig/proc.ts';
import { distFolder } from '../rig/project.ts';
import { until } from '../rig/until.ts';
import { endsAgent, isEndedByLease, strike } from './death.ts';
import { experimentOf } from './experiment.ts';
import { type HostileJournal, writeHostileJournal } from './hostile-journal.ts';
import { isBound, isHeld, reach } from './moment.ts';
import { observationOf } from './observed.ts';
import type { Place } from './place.ts';
import type { Death, Scenario } from './scenario.ts';
import { type Target, targetOf } from './target.ts';

export interface Outcome {
  /** Of the death, and of the binding where that is not the kernel's: figures of the two are never mixed. */
  readonly kind: string;
  /** What was still held or left, each in words; none when everything was let go of. */
  readonly left: readonly string[];
  /** From the death, or from the end of the lease, until all of it was let go of; undefined where nothing was held then. */
  readonly restoredMs?: number;
  /** Of the invariants S1 to S20, by what was seen of this round. */
  readonly violations?: readonly Violation[];
  /** Why the round could not be played to its end. */
  readonly broken?: string;
  /** Why the agent said no to the inject, where it did. */
  readonly refused?: string;
}

/** What is still held after this counts as left. Lateness is in the figures. */
const restoredWithinMs = 15_000;
/** A holder that has an undo to run is given this long after the end of its lease. */
const journalGraceMs = 1200;
const shortLeaseMs = 1000;
const longLeaseMs = 10_000;

export async function playRound(place: Place, scenario: Scenario): Promise<Outcome> {
  const target = await targetOf(place, scenario);
  try {
    return await play(place, scenario, target);
  } finally {
    await target.end();
  }
}

async function play(place: Place, scenario: Scenario, target: Target): Promise<Outcome> {
  const { death, kind: faultKind } = scenario;
  const isAimed = faultKind.startsWith('process.');
  const kind = place.name === 'journal' ? `${death}, journal-bound` : death;
  if (scenario.isWorseAtOnce) place.worsen(scenario.dice);
  const leaseMs = isEndedByLease(death) ? shortLeaseMs : longLeaseMs;
  // A coordinator chooses its own key; the journal of that host has no other record.
  const key = place.fleet ? '"kind":"process.pause"' : randomUUID();
  const askedAtMs = performance.now();
  let faultId = '';
  const injecting = begin(place, scenario, target, leaseMs, key);
  let isAnswered = false;
  let refused: string | undefined;
  let leaseEndsAt: bigint | undefined;
  const answered = injecting.then(
    (held) => {
      faultId = held.faultId;
      leaseEndsAt = process.hrtime.bigint() + BigInt(Math.round(held.remainingMs * 1e6));
      isAnswered = true;
    },
    (error: Error) => {
      refused = error.message;
      isAnswered = true;
    },
  );

  await reach(scenario.after, place, { key, victimPid: isAimed ? target.pid : 0, isAnswered: () => isAnswered });
  if (!scenario.isWorseAtOnce && isAnswered) place.worsen(scenario.dice);
  if (scenario.after === 'restoring' && isAnswered) {
    place.rig.client.call('restore', { everything: true, reason: 'storm' }).catch(() => undefined);
  }
  await new Promise((resolve) => setTimeout(resolve, scenario.delayMs));
  const wasHeld = refused === undefined && isAnswered && (!isPause(faultKind) || isHeld(target.pid));
  const heldAtMs = performance.now();
  const struckAt = await strike(place, scenario, () => isAnswered);
  // An inject that was not answered yet has a lease that began at the latest when the agent was stopped.
  const from = isEndedByLease(death) ? (leaseEndsAt ?? struckAt + BigInt(leaseMs * 1e6)) : struckAt;

  const hostile = death === 'hostile-journal' ? await poison(place) : undefined;
  if (place.name === 'journal') await superviseAsTheUnitDoes(place, death, from);
  const left: string[] = [];
  const restoredMs = await restored(place, target, scenario, from, left);
  const damage = hostile?.damage();
  if (damage) left.push(damage);
  await answered;
  if (left.length === 0) await revive(place, death, hostile, left);
  const violations = wasHeld
    ? violationsIn(
        observationOf({
          place: place.name,
          scenario,
          key,
          faultId,
          pid: isAimed ? target.pid : 0,
          leaseMs,
          askedAtMs,
          heldAtMs,
          struckAtMs: monotonicMs(struckAt),
          letGoAtMs: restoredMs === undefined ? undefined : monotonicMs(from) + restoredMs,
          untilMs: performance.now(),
        }),
      )
    : [];
  const isTimed = wasHeld && restoredMs !== undefined && scenario.after !== 'restoring';
  return { kind, left, violations, ...(isTimed ? { restoredMs } : {}), ...(refused === undefined ? {} : { refused }) };
}

/** An instant of CLOCK_MONOTONIC on the clock of `performance.now()`. */
function monotonicMs(instantNs: bigint): number {
  return performance.now() + Number(instantNs - process.hrtime.bigint()) / 1e6;
}

interface Begun {
  readonly faultId: string;
  /** Of its lease. */
  readonly remainingMs: number;
}

async function begin(place: Place, scenario: Scenario, target: Target, leaseMs: number, key: string): Promise<Begun> {
  if (place.fleet) return experimentOf(place.fleet, target.pid, leaseMs);
  const isAimed = scenario.kind.startsWith('process.');
  const fault = await inject(place.rig.client, {
    kind: scenario.kind,
    key,
    leaseTtlMs: leaseMs,
    parameters: parametersOf(scenario, place),
    ...(isAimed ? { selector: { pid: target.pid } } : {}),
  });
  return { faultId: fault.faultId ?? '', remainingMs: fault.leaseRemainingMs ?? 0 };
}

function parametersOf({ kind }: Scenario, place: Place): JsonObject {
  switch (kind) {
    case 'process.slow':
      return { share: '30%' };
    case 'stress.cpu':
      return { cores: 1, load: '30%' };
    case 'stress.memory':
      return { size: '48MiB' };
    case 'stress.disk':
      return { path: place.scratch, size: '64MiB' };
    case 'stress.fds':
      return { count: 500 };
    case 'custom.run':
      return { program: 'sleep', args: ['30'] };
    case 'network.loss':
      return { loss: '50%', addresses: ['203.0.113.0/24'] };
    case 'network.rate':
      return { perSecond: '1MiB', addresses: ['203.0.113.0/24'] };
    case 'network.cut':
      return { addresses: ['203.0.113.0/24'] };
    default:
      return {};
  }
}

/** What is left is said in `left`; the time is that of the last thing which was let go of. */
async function restored(
  place: Place,
  target: Target,
  { kind: faultKind, death }: Scenario,
  from: bigint,
  left: string[],
): Promise<number | undefined> {
  const waitMs = Math.max(0, Number(from - process.hrtime.bigint()) / 1e6) + restoredWithinMs;
  const own = watchProcessesThatLogTo(place.rig.logPath);
  const isStopped = death.startsWith('agent') && death.endsWith('stopped');
  const whatIsLeft = (): readonly string[] => [...leftovers(place, own(), isStopped), ...place.ruleTables()];
  const isAlone = (): boolean => whatIsLeft().length === 0;
  const gone = until('nothing of ours is left', isAlone, waitMs).then(
    () => Number(process.hrtime.bigint() - from) / 1e6,
    () => undefined,
  );
  const runs = target.runsOn(from, waitMs).catch(() => undefined);
  const [goneMs, runsMs] = await Promise.all([gone, runs]);
  if (goneMs === undefined) left.push(...whatIsLeft());
  if (runsMs === undefined) left.push(`pid ${target.pid} does not run: ${threadStates(target.pid).join('')}`);
  // A hold is over when the threads run; anything else when its holder is gone.
  return isPause(faultKind) ? runsMs : goneMs;
}

function isPause(faultKind: string): boolean {
  return faultKind === 'process.pause';
}

/**
 * Living processes of this place beside its agent: holders, stressors, programs, whoever their parent is by now. While the
 * agent is stopped, a holder that was not bound yet waits for its order and holds nothing.
 */
function leftovers({ rig }: Place, own: readonly number[], isAgentStopped: boolean): readonly string[] {
  return own
    .filter((pid) => pid !== rig.pid() && !(isAgentStopped && !isBound(pid)))
    .map((pid) => `pid ${pid} is left: ${commandLineOf(pid)}`);
}

/** Puts records of an enemy beside the one that is to be replayed. */
async function poison(place: Place): Promise<HostileJournal> {
  await ended(place);
  return writeHostileJournal(place);
}

/**
 * `WatchdogSignal=SIGKILL` and `ExecStopPost=`: an agent that hangs is killed, here as soon as its holder has had its time,
 * and what the journal still holds is undone after each end of an agent. The crash loop is its own replay.
 */
async function superviseAsTheUnitDoes(place: Place, death: Death, from: bigint): Promise<void> {
  if (death === 'agent-and-holder-stopped') {
    const holderGoneAt = from + BigInt(journalGraceMs * 1e6);
    await until('the holder has had its time', () => process.hrtime.bigint() > holderGoneAt);
    place.rig.process().kill('SIGKILL');
  } else if (!endsAgent(death)) return;
  await ended(place);
  if (death === 'crash-loop') return place.rig.start();
  const [command = '', ...args] = [...place.asAgent, process.execPath, join(distFolder, 'leash-agent.js'), 'restore'];
  spawnSync(command, [...args, ...place.rig.directories], { stdio: 'ignore', timeout: 10_000 });
}

async function ended({ rig }: Place): Promise<void> {
  await until('the agent ended', () => rig.process().exitCode !== null || rig.process().signalCode !== null);
}

/** The place as it was before the round, with an agent that holds nothing and says so. */
async function revive(place: Place, death: Death, hostile: HostileJournal | undefined, left: string[]): Promise<void> {
  const { rig } = place;
  place.relieve();
  if (death === 'agent-stopped' || death === 'agent-and-holder-stopped') rig.process().kill('SIGCONT');
  if (hostile) await outliveHostility(place, hostile, left);
  const hasEnded = rig.process().exitCode !== null || rig.process().signalCode !== null || endsAgent(death);
  if (hasEnded && death !== 'crash-loop' && !hostile) {
    await ended(place);
    await rig.start();
  } else if (death === 'crash-loop' && place.name !== 'journal') {
    await ended(place);
    await rig.start();
  }
  const active = await until(
    'the agent has confirmed that nothing is held',
    async () => {
      const description = await rig.client.call('describe', {}, 2000).catch(() => undefined);
      if (description?.halt?.halted) await rearm(place, Number(description.halt.epoch));
      return description && (description.active ?? []).length === 0;
    },
    30_000,
  ).catch((error: Error) => error);
  if (active instanceof Error) left.push(`the agent did not come to rest: ${active.message}`);
  left.push(...leftovers(place, processesThatLogTo(rig.logPath), false));
  if (death.startsWith('coordinator')) await place.fleet?.startCoordinator();
}

/** An agent that finds such a journal starts, refuses new faults, and touches nobody. */
async function outliveHostility({ rig }: Place, hostile: HostileJournal, left: string[]): Promise<void> {
  await rig.start();
  const answer = await inject(rig.client, { kind: 'stress.cpu', parameters: { cores: 1, load: '1%' } }).catch(
    (error: Error) => error,
  );
  if (!(answer instanceof Error)) left.push('an inject was accepted beside records that are not understood');
  const damage = hostile.damage();
  if (damage) left.push(damage);
  const child = rig.process();
  child.kill('SIGTERM');
  await until('the agent ended', () => child.exitCode !== null || child.signalCode !== null);
  await hostile.remove();
  await rig.start();
}

async function rearm({ rig }: Place, expectedEpoch: number): Promise<void> {
  await rig.client.call('rearm', { expectedEpoch, reason: 'storm' }).catch(() => undefined);
}
