/** Carrying out a death. Only what this storm started is touched: by its own child, or by a pidfd that is checked after it was opened. */
import { randomUUID } from 'node:crypto';
import { closePidfd, openPidfd, signalPidfd } from '../../agent/host/native/pidfd.ts';
import { readStat } from '../../agent/host/read-stat.ts';
import { parsePid } from '../../proto/identity.ts';
import { commandLineOf, logsTo, processesThatLogTo } from '../rig/proc.ts';
import { until } from '../rig/until.ts';
import type { Place } from './place.ts';
import type { Death, Scenario } from './scenario.ts';

const signalKill = 9;
const signalStop = 19;
/** A holder starts within a hundredth of this on an idle machine. */
const holderWithinMs = 20_000;

/** @returns when it was done, in nanoseconds of CLOCK_MONOTONIC. */
export async function strike(place: Place, { death, dice }: Scenario, isAnswered: () => boolean): Promise<bigint> {
  const { rig } = place;
  const needsHolder = death === 'holder' || death === 'holder-stopped';
  const holders = needsHolder ? await someHolder(place, isAnswered) : holdersOf(place);
  const now = process.hrtime.bigint();
  switch (death) {
    case 'agent':
      rig.process().kill('SIGKILL');
      return now;
    case 'holder':
      signalEach(place, holders, signalKill);
      return now;
    case 'agent-and-holder':
    case 'hostile-journal':
      killBoth(place, holders);
      return now;
    case 'agent-stopped':
      rig.process().kill('SIGSTOP');
      return now;
    case 'holder-stopped':
      signalEach(place, holders, signalStop);
      return now;
    case 'agent-and-holder-stopped':
      rig.process().kill('SIGSTOP');
      signalEach(place, holdersOf(place), signalStop);
      return now;
    case 'crash-loop':
      killBoth(place, holders);
      for (let life = 1; life <= 2; life += 1) await liveShortly(place, (dice * 400 * life) % 300);
      return now;
    case 'coordinator':
      place.fleet?.coordinator().kill('SIGKILL');
      return now;
    case 'coordinator-agent-and-holder':
      place.fleet?.coordinator().kill('SIGKILL');
      killBoth(place, holders);
      return now;
    case 'restore':
      await rig.client.call('restore', { everything: true, reason: 'storm' });
      return now;
    case 'halt':
      await rig.client.call('halt', { requestId: randomUUID(), reason: 'storm' });
      return now;
  }
}

/** Whether only the end of its lease can end the fault. */
export function isEndedByLease(death: Death): boolean {
  return death.endsWith('stopped') || death === 'coordinator';
}

export function endsAgent(death: Death): boolean {
  return ['agent', 'agent-and-holder', 'crash-loop', 'hostile-journal', 'coordinator-agent-and-holder'].includes(death);
}

/** Stopped first, so that the agent does not replay what its dead holder held before it dies itself. */
function killBoth(place: Place, holders: readonly number[]): void {
  place.rig.process().kill('SIGSTOP');
  signalEach(place, holders, signalKill);
  place.rig.process().kill('SIGKILL');
}

async function someHolder(place: Place, isAnswered: () => boolean): Promise<readonly number[]> {
  const found = await until(
    'a holder is there',
    () => {
      const holders = holdersOf(place);
      return holders.length > 0 ? holders : isAnswered() && [];
    },
    holderWithinMs,
  );
  return found;
}

/**
 * Children of the agent; what a holder has started itself is not among them. Before its exec a child is still the agent,
 * which waits for that exec inside of the fork: to stop it there is to stop the agent.
 */
function holdersOf({ rig }: Place): readonly number[] {
  const agent = rig.pid();
  return processesThatLogTo(rig.logPath).filter(
    (pid) => readStat(`/proc/${pid}/stat`)?.parentPid === agent && commandLineOf(pid).includes('leash-holder'),
  );
}

function signalEach({ rig }: Place, pids: readonly number[], signal: number): void {
  for (const pid of pids) {
    try {
      const pidfd = openPidfd(parsePid(pid));
      // Asked with the descriptor in hand: the number is that of a process of this place for certain.
      if (logsTo(pid, rig.logPath)) signalPidfd(pidfd, signal);
      closePidfd(pidfd);
    } catch {
      // It ended by itself.
    }
  }
}

/** An agent that is killed while it starts, or just after. */
async function liveShortly({ rig }: Place, ms: number): Promise<void> {
  await until('the agent ended', () => rig.process().exitCode !== null || rig.process().signalCode !== null);
  const starting = rig.start().catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, ms));
  rig.process().kill('SIGKILL');
  await starting;
}
