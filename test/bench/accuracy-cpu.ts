/** stress.cpu beside what was asked: alone, and on a CPU that it has to share with others who want all of it. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { createHostView } from '../../agent/host/host-view.ts';
import { processCpuMs } from '../../agent/host/native/thread-clock.ts';
import { type Pid, type ProcessIdentity, parsePid } from '../../proto/identity.ts';
import { victimProgram } from '../host/harness/build.ts';
import { startVictimOf } from '../host/harness/victim.ts';
import type { AgentRig } from '../rig/agent.ts';
import { whileInjected, whileStressNg } from './injected.ts';
import type { BenchOptions } from './main.ts';
import { goFirst } from './precedence.ts';
import { twoDecimals, type Windows, watchWindows } from './windows.ts';

/** In percent of one CPU. */
export interface MeasuredCpu extends Omit<Windows, 'percent'> {
  readonly requested: number;
  readonly achieved: number;
  /** null where it is not installed. */
  readonly stressNg: number | null;
}

export interface SharedCpu {
  readonly requested: number;
  readonly achieved: number;
  readonly stressNg: number | null;
  /** Processes that never sleep, on the same CPU, each in a session of its own. */
  readonly competitors: number;
  /** The smaller of what was asked and the fair share, which is what each competitor got meanwhile. */
  readonly expected: number;
  readonly stressNgExpected: number | null;
  /** Whether the agent said `limitedBy: contention`: after the touch, and in the receipt. */
  readonly saidAtTouch: boolean;
  readonly saidInReceipt: boolean;
}

const loads = [30, 60, 90];
const competitorCounts = [1, 3];
/** Long enough for turns of some milliseconds each to even out. */
const sharingMs = 5000;
const contention = 'limitedBy: contention';
const host = createHostView();

export async function measureCpu(rig: AgentRig, options: BenchOptions): Promise<readonly MeasuredCpu[]> {
  const measured: MeasuredCpu[] = [];
  for (const requested of loads) {
    options.say(`stress.cpu at ${requested} % of a CPU`);
    const { result } = await whileInjected(rig, order(requested), (holder) => watchBurning(holder, [rig.pid()]));
    const stressNg = await whileStressNg(['--cpu', '1', '--cpu-load', String(requested)], (worker) =>
      watchBurning(worker, []),
    );
    measured.push(row(requested, result, stressNg));
  }
  return measured;
}

export async function measureSharedCpu(rig: AgentRig, options: BenchOptions): Promise<readonly SharedCpu[]> {
  const measured: SharedCpu[] = [];
  const cpu = availableParallelism() - 1;
  pin(rig.pid(), String(cpu));
  try {
    for (const competitors of competitorCounts) {
      const burning = Array.from({ length: competitors }, () =>
        startVictimOf('busy.mjs', ['taskset', '-c', String(cpu), process.execPath, victimProgram('busy.mjs')], {
          isApart: true,
        }),
      );
      const victims = await Promise.all(burning);
      const pids = victims.map(({ identity }) => identity.pid);
      try {
        for (const requested of loads) {
          options.say(`stress.cpu at ${requested} % of a CPU that ${competitors} others want`);
          const ours = await whileInjected(rig, order(requested), (holder) => watchSharing(holder, pids));
          const args = ['--taskset', String(cpu), '--cpu', '1', '--cpu-load', String(requested)];
          const stressNg = await whileStressNg(args, (worker) => watchSharing(worker, pids));
          measured.push({
            requested,
            competitors,
            expected: Math.min(requested, ours.result.fairPercent),
            achieved: ours.result.percent,
            stressNg: stressNg?.percent ?? null,
            stressNgExpected: stressNg ? Math.min(requested, stressNg.fairPercent) : null,
            saidAtTouch: ours.seen.includes(contention),
            saidInReceipt: ours.receiptSeen.includes(contention),
          });
        }
      } finally {
        await Promise.all(victims.map((victim) => victim.stop()));
      }
    }
  } finally {
    pin(rig.pid(), `0-${cpu}`);
  }
  return measured;
}

function order(load: number) {
  return { kind: 'stress.cpu', parameters: { cores: 1, load: `${load}%` } };
}

function watchBurning(burner: ProcessIdentity, others: readonly number[]): Promise<Windows> {
  return watchWindows({
    counterMs: () => host.ranMs(burner) ?? Number.NaN,
    pids: [burner.pid, ...others],
    first: { measured: burner.pid },
  });
}

/** In turns with others, as the scheduler shares it; and what each of those got meanwhile. */
async function watchSharing(
  burner: ProcessIdentity,
  pids: readonly Pid[],
): Promise<{ readonly percent: number; readonly fairPercent: number }> {
  goFirst(process.pid, 'bench');
  const burned = () => pids.reduce((sum, pid) => sum + (processCpuMs(pid) ?? Number.NaN), 0);
  const snapshot = () => ({ atMs: performance.now(), burner: host.ranMs(burner) ?? Number.NaN, others: burned() });
  const from = snapshot();
  await wait(sharingMs);
  const to = snapshot();
  const elapsedMs = to.atMs - from.atMs;
  return {
    percent: twoDecimals((100 * (to.burner - from.burner)) / elapsedMs),
    fairPercent: twoDecimals((100 * (to.others - from.others)) / elapsedMs / pids.length),
  };
}

function row(requested: number, { percent, ...windows }: Windows, stressNg: Windows | undefined): MeasuredCpu {
  return { requested, achieved: percent, stressNg: stressNg?.percent ?? null, ...windows };
}

/** The agent, and with it the holders that it will start (taskset(1)). */
function pin(pid: number, cpus: string): void {
  const target: Pid = parsePid(pid);
  const { status, stderr } = spawnSync('taskset', ['-apc', cpus, String(target)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`taskset: ${stderr}`);
}
