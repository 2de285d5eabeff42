/**
 * A host that is asked for many times what it has: how late a pause is let go of when its lease ends, and how long a halt
 * takes there and back. Beside it, in the same run: a timer in C under the same protection, which is the machine's own
 * floor, and a twin of the agent without protection, in the group of the hogs.
 *
 * Protection is what the systemd unit gives: a cgroup of its own with CPUWeight=1000. Victim and observer have it too,
 * since what is asked is when the agent lets go and not when the victim next gets a processor.
 */
import { randomUUID } from 'node:crypto';
import { type StampingVictim, startStampingVictim } from '../host/harness/victim.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { inject } from '../rig/inject.ts';
import { until } from '../rig/until.ts';
import { makeCpuCgroup } from './cpu-cgroup.ts';
import { type Spread, spreadOf } from './figures.ts';
import { type Hogs, startCpuHogs, startMemoryHogs } from './hogs.ts';
import { type MachineFloor, startMachineFloor } from './machine-floor.ts';
import type { BenchOptions } from './main.ts';

/** CPUWeight= of the unit. */
const unitWeight = 1000;
const cpuHogs = 32;
const memoryHogs = 8;
const memoryHogBytes = 64 * 2 ** 20;
const leaseMs = 2500;
const runsWithinMs = 20_000;
const policy = 'injectsPerMinute: 600\n';

interface Measured {
  readonly restoreLate: Spread;
  readonly haltRoundTrip: Spread;
}

export async function saturation(options: BenchOptions): Promise<object> {
  const trials = options.trials ?? 30;
  const own = makeCpuCgroup('agent', unitWeight);
  const others = makeCpuCgroup('hogs', 100);
  const floor = startMachineFloor();
  const rig = await startAgentRig({ policy, inside: ['setsid'] });
  const twin = await startAgentRig({ policy });
  const victim = await startStampingVictim({ threads: 4, intervalMs: 2 });
  for (const pid of [process.pid, floor.pid, rig.pid(), victim.identity.pid]) own?.enter(pid);
  others?.enter(twin.pid());
  const phases: readonly (readonly [string, () => Hogs])[] = [
    ['cpu', () => startCpuHogs(cpuHogs, others)],
    ['memory', () => startMemoryHogs(memoryHogs, memoryHogBytes, others)],
  ];
  const result: Record<string, unknown> = {};
  try {
    for (const [phase, start] of phases) {
      if (options.only.length > 0 && !options.only.includes(phase)) continue;
      const hogs = start();
      try {
        result[phase] = await measureBeside(phase, { rig, twin, victim, floor, trials, options });
      } finally {
        await hogs.stop();
      }
    }
  } finally {
    await rig.dispose();
    await twin.dispose();
    await victim.stop();
    await floor.stop();
    others?.remove();
    own?.remove();
  }
  return {
    trials,
    hogs: cpuHogs,
    memoryHogs,
    memoryHogBytes,
    leaseMs,
    protection: own ? 'a cgroup of its own, CPU weight 1000' : 'a session of its own',
    timer: floor.language,
    ...result,
  };
}

interface Scene {
  readonly rig: AgentRig;
  readonly twin: AgentRig;
  readonly victim: StampingVictim;
  readonly floor: MachineFloor;
  readonly trials: number;
  readonly options: BenchOptions;
}

async function measureBeside(phase: string, { rig, twin, victim, floor, trials, options }: Scene): Promise<object> {
  floor.begin();
  const agent = await measure(rig, victim, trials, options, phase);
  const timer = spreadOf(floor.latenessMs());
  const unprotected = await measure(twin, victim, Math.ceil(trials / 4), options, `${phase}, unprotected`);
  const isWithin = (spread: Spread): boolean => spread.p99Ms <= 250 && spread.p99Ms <= timer.p99Ms + 50;
  return {
    ...agent,
    timer,
    unprotected,
    isWithin: isWithin(agent.restoreLate) && isWithin(agent.haltRoundTrip),
  };
}

async function measure(
  rig: AgentRig,
  victim: StampingVictim,
  trials: number,
  options: BenchOptions,
  name: string,
): Promise<Measured> {
  const lateMs: number[] = [];
  const haltMs: number[] = [];
  for (let trial = 0; trial < trials && !options.isStopped(); trial += 1) {
    const late = await lease(rig, victim);
    if (late !== undefined) lateMs.push(late);
    haltMs.push(await halt(rig));
    if ((trial + 1) % 10 === 0)
      options.say(`${name}: ${trial + 1} of ${trials}, late ${JSON.stringify(spreadOf(lateMs))}`);
  }
  return { restoreLate: spreadOf(lateMs), haltRoundTrip: spreadOf(haltMs) };
}

/** @returns milliseconds past the end of the lease until the last thread ran; undefined where the inject itself outlasted its lease. */
async function lease(rig: AgentRig, victim: StampingVictim): Promise<number | undefined> {
  const wanted = { kind: 'process.pause', selector: { pid: victim.identity.pid }, leaseTtlMs: leaseMs };
  const fault = await inject(rig.client, wanted).catch(() => undefined);
  const leftMs = fault?.leaseRemainingMs ?? 0;
  const endsAt = process.hrtime.bigint() + BigInt(Math.round(leftMs * 1e6));
  const first = new Map<number, number>();
  await until(
    'every thread runs',
    () => {
      for (const [thread, stamp] of victim.stamps().entries()) {
        if (stamp > endsAt && !first.has(thread)) first.set(thread, Number(stamp - endsAt) / 1e6);
      }
      return first.size > victim.threads;
    },
    runsWithinMs,
  );
  return leftMs > 0 ? Math.max(...first.values()) : undefined;
}

async function halt(rig: AgentRig): Promise<number> {
  const from = performance.now();
  const { halt: latch } = await rig.client.call('halt', { requestId: randomUUID(), reason: 'bench' }, 30_000);
  const tookMs = performance.now() - from;
  // A rearm waits for the audit, which on a saturated host may take longer than the agent waits for it.
  const rearm = { expectedEpoch: latch?.epoch ?? 0, reason: 'bench' };
  const rearmed = (): Promise<boolean> =>
    rig.client.call('rearm', rearm, 30_000).then(
      () => true,
      () => false,
    );
  await until('the agent is armed again', rearmed, 60_000);
  return tookMs;
}
