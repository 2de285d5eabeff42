/**
 * The dead-man's switch, measured: a process with 20 threads is paused by a real agent; then the agent, the holder or
 * both are SIGKILLed, or the agent is SIGSTOPped, and the clock runs until every thread has written a stamp of its own.
 */
import { listHolders } from '../../agent/host/holder-children.ts';
import type { Pid } from '../../proto/identity.ts';
import { type StampingVictim, startStampingVictim } from '../host/harness/victim.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { inject } from '../rig/inject.ts';
import { until } from '../rig/until.ts';
import { coordinatorKilled } from './coordinator-killed.ts';
import { rounded, spreadOf } from './figures.ts';
import type { BenchOptions } from './main.ts';
import { pause } from './pause.ts';
import { createRandom } from './random.ts';
import { startSignalStream } from './signal-stream.ts';

type Death = 'agentKilled' | 'holderKilled' | 'bothKilled' | 'agentHung';

const runAgainWithinMs = 5000;
const hungLeaseMs = 700;
/** About as long as an inject takes: until the holder has started, has seized, and is seen to hold. */
const earlyMsMax = 400;

export async function deadman(options: BenchOptions): Promise<object> {
  const trials = options.trials ?? 500;
  const random = createRandom(options.seed);
  const victim = await startStampingVictim({ threads: 20, intervalMs: 1 });
  const tally = { orphans: 0, signalsSent: 0, signalsLost: 0 };
  const results: Record<string, unknown> = {};
  const plan: readonly (readonly [Death, number])[] = [
    ['agentKilled', trials],
    ['holderKilled', trials],
    ['bothKilled', trials],
    ['agentHung', Math.ceil(trials / 5)],
  ];
  const rig = await startAgentRig();
  try {
    for (const [death, count] of plan) {
      if (options.only.length > 0 && !options.only.includes(death)) continue;
      const measured: number[] = [];
      for (let trial = 0; trial < count && !options.isStopped(); trial += 1) {
        // One in five in the middle of the inject: nothing may stay paused then either, but there is no pause to time.
        const isEarly = death !== 'agentHung' && trial % 5 === 4;
        const ms = await die(death, rig, victim, random, isEarly, tally);
        if (!isEarly) measured.push(ms);
        await revived(rig, death);
        if ((trial + 1) % 50 === 0)
          options.say(`${death}: ${trial + 1} of ${count}, ${JSON.stringify(spreadOf(measured))}`);
      }
      results[death] = { ...spreadOf(measured), timed: measured.length };
    }
  } finally {
    await rig.dispose();
    await victim.stop();
  }
  const isAsked = options.only.length === 0 || options.only.includes('coordinatorKilled');
  const coordinator = isAsked ? await coordinatorKilled(options) : {};
  return {
    trials,
    orphans: tally.orphans,
    ...results,
    signalsSent: tally.signalsSent,
    signalsLost: tally.signalsLost,
    coordinatorKilled: coordinator,
    threads: 21,
    seed: options.seed,
  };
}

/** @returns milliseconds until the last thread ran; past the end of the lease for an agent that hangs. */
async function die(
  death: Death,
  rig: AgentRig,
  victim: StampingVictim,
  random: () => number,
  isEarly: boolean,
  tally: { orphans: number; signalsSent: number; signalsLost: number },
): Promise<number> {
  const leaseTtlMs = death === 'agentHung' ? hungLeaseMs : 10_000;
  const signals = startSignalStream(victim, random);
  const injecting = inject(rig.client, { kind: 'process.pause', selector: { pid: victim.identity.pid }, leaseTtlMs });

  let from: bigint;
  if (isEarly) {
    const ended = injecting.catch(() => undefined);
    await pause(random() * earlyMsMax);
    from = kill(death, rig);
    // A holder that was not there yet could not be killed, and holds now.
    if ((await ended) !== undefined && death === 'holderKilled') from = kill(death, rig);
  } else {
    const fault = await injecting;
    const leaseEndsAt = process.hrtime.bigint() + BigInt(Math.round((fault.leaseRemainingMs ?? 0) * 1e6));
    await pause(random() * 50);
    from = kill(death, rig);
    if (death === 'agentHung') from = leaseEndsAt;
  }
  const lateMs = await everyThreadRuns(victim, from).catch(() => undefined);
  if (lateMs === undefined) {
    tally.orphans += 1;
    throw new Error(`a thread did not run again within ${runAgainWithinMs} ms: ${victim.states().join('')}`);
  }
  const { sent, lost } = await signals.stop();
  tally.signalsSent += sent;
  tally.signalsLost += lost;
  return lateMs;
}

function kill(death: Death, rig: AgentRig): bigint {
  const pid = rig.pid();
  const holders = death === 'agentKilled' || death === 'agentHung' ? [] : listHolders(pid as Pid);
  const now = process.hrtime.bigint();
  if (death === 'agentHung') rig.process().kill('SIGSTOP');
  for (const holder of holders) killHolder(holder.pid);
  if (death === 'agentKilled' || death === 'bothKilled') rig.process().kill('SIGKILL');
  return now;
}

/** Only a holder that this benchmark's own agent started, listed a moment ago. */
function killHolder(pid: Pid): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Each thread's first stamp after the instant; the last of them counts. */
async function everyThreadRuns(victim: StampingVictim, from: bigint): Promise<number> {
  const first = new Map<number, bigint>();
  const deadline = performance.now() + runAgainWithinMs;
  while (first.size <= victim.threads) {
    for (const [thread, stamp] of victim.stamps().entries()) {
      if (stamp > from && !first.has(thread)) first.set(thread, stamp);
    }
    if (performance.now() > deadline) throw new Error('too late');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const last = [...first.values()].reduce((latest, stamp) => (stamp > latest ? stamp : latest), from);
  return rounded(Number(last - from) / 1e6);
}

async function revived(rig: AgentRig, death: Death): Promise<void> {
  const child = rig.process();
  if (death === 'agentHung') child.kill('SIGCONT');
  if (death === 'agentKilled' || death === 'bothKilled') {
    await until('the agent ended', () => child.exitCode !== null || child.signalCode !== null);
    await rig.start();
  }
  await until('nothing is held any more', async () => {
    const description = await rig.client.call('describe', {}, 2000).catch(() => undefined);
    return description && (description.active ?? []).length === 0;
  });
}
