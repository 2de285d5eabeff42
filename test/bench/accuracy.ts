/**
 * How near to what was asked a real agent's stressors and `process.slow` come, with stress-ng beside them in the same run
 * where it is installed. All figures are CPU time that the kernel counted ÷ wall time, or resident bytes: on a host that
 * is busy with other things they fall short, so what others burned stands beside each.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { listHolders } from '../../agent/host/holder-children.ts';
import { createHostView } from '../../agent/host/host-view.ts';
import { type Pid, type ProcessIdentity, parsePid } from '../../proto/identity.ts';
import type { JsonObject } from '../../proto/struct.ts';
import { startVictim } from '../host/harness/victim.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { inject, type Wanted } from '../rig/inject.ts';
import { until } from '../rig/until.ts';
import type { BenchOptions } from './main.ts';
import { startStressNg } from './stress-ng.ts';

/** `requested`, `achieved` and `stressNg` in percent of one CPU, or in MiB for memory; null where nothing was measured. */
interface Measured {
  readonly requested: number;
  readonly achieved: number;
  readonly stressNg: number | null;
}

/** Of the whole host, without what is measured: what the figure beside it had to compete with. */
interface Shared extends Measured {
  readonly othersCpuPercent: number;
}

interface Slowed extends Shared {
  /** The share of the time in which it was on a CPU or waited for one, which is what `process.slow` sets. */
  readonly allowed: number;
}

const loads = [30, 60, 90];
const shares = [10, 30, 50, 70, 90];
const sizesMib = [128, 256];
const mebibyte = 2 ** 20;
const settleMs = 500;
/** Memory that does not grow for so long grows no more. */
const growthMs = 200;
const tickMs = 10;
const policy = 'injectsPerMinute: 600\nfaultsMax: 8\ncpuPercentMax: 100%\nleaseMax: 60s\n';
const host = createHostView();

/** `trials` is the number of seconds that each figure is measured; 5 by default, at most 30. */
export async function accuracy(options: BenchOptions): Promise<object> {
  const measureMs = Math.min(30, options.trials ?? 5) * 1000;
  const rig = await startAgentRig({ policy });
  try {
    const cpu: Shared[] = [];
    for (const requested of loads) {
      options.say(`stress.cpu at ${requested} % of a CPU`);
      cpu.push(await cpuLoad(rig, requested, measureMs));
    }
    const memory: Measured[] = [];
    for (const requested of sizesMib) {
      options.say(`stress.memory of ${requested} MiB`);
      memory.push(await memorySize(rig, requested));
    }
    const slow: Slowed[] = [];
    for (const requested of shares) {
      options.say(`process.slow at ${requested} % of the time`);
      slow.push(await slowShare(rig, requested, measureMs));
    }
    return {
      cpu,
      memory,
      slow,
      worstErrorPoints: worst([
        ...errors(cpu, 'achieved'),
        ...relativeErrors(memory, 'achieved'),
        ...errors(slow, 'achieved'),
      ]),
      worstErrorPointsStressNg: worst([...errors(cpu, 'stressNg'), ...relativeErrors(memory, 'stressNg')]),
      /** By what it sets, so that a busy host does not count against it. */
      worstSlowErrorPointsAllowed: worst(slow.map(({ requested, allowed }) => Math.abs(allowed - requested))),
      measuredMs: measureMs,
      cpus: availableParallelism(),
      node: process.version,
    };
  } finally {
    await rig.dispose();
  }
}

async function cpuLoad(rig: AgentRig, requested: number, measureMs: number): Promise<Shared> {
  const ours = await whileInjected(
    rig,
    { kind: 'stress.cpu', parameters: { cores: 1, load: `${requested}%` } },
    (holder) => shareOf(() => host.ranMs(holder) ?? Number.NaN, measureMs),
  );
  const seconds = Math.ceil((measureMs + settleMs) / 1000) + 1;
  const stressNg = await whileStressNg(['--cpu', '1', '--cpu-load', String(requested)], seconds, ({ worker }) =>
    shareOf(() => host.ranMs(worker) ?? Number.NaN, measureMs),
  );
  return {
    requested,
    achieved: ours.percent,
    stressNg: stressNg?.percent ?? null,
    othersCpuPercent: ours.othersCpuPercent,
  };
}

/** What a holder of 1 MiB has resident is taken for what it is by itself. */
async function memorySize(rig: AgentRig, requested: number): Promise<Measured> {
  const residentMib = (size: number) =>
    whileInjected(rig, { kind: 'stress.memory', parameters: { size: `${size}MiB` } }, async ({ pid }) =>
      anonymousMib(pid),
    );
  const achieved = (await residentMib(requested)) - (await residentMib(1)) + 1;
  const args = ['--vm', '1', '--vm-bytes', `${requested}M`, '--vm-keep', '--vm-hang', '0', '--vm-populate'];
  const stressNg = await whileStressNg(args, 4, async ({ worker }) => {
    // The memory is in a child of the worker, which is there to be killed when memory runs out.
    const largestMib = () => Math.max(...[worker, ...listHolders(worker.pid)].map(({ pid }) => anonymousMib(pid)));
    for (let last = 0; ; ) {
      const now = largestMib();
      if (now === last) return now;
      last = now;
      await wait(growthMs);
    }
  });
  return {
    requested,
    achieved: twoDecimals(achieved),
    stressNg: stressNg === undefined ? null : twoDecimals(stressNg),
  };
}

async function slowShare(rig: AgentRig, requested: number, measureMs: number): Promise<Slowed> {
  const victim = await startVictim('busy.mjs');
  const { pid } = victim.identity;
  try {
    const wanted = { kind: 'process.slow', parameters: { share: `${requested}%` }, selector: { pid } };
    return await whileInjected(rig, wanted, async () => {
      const waitedMs = () => schedulerMs(pid).waited;
      const waitedBefore = waitedMs();
      const ran = await shareOf(() => schedulerMs(pid).ran, measureMs);
      const allowed = ran.percent + (100 * (waitedMs() - waitedBefore)) / ran.elapsedMs;
      const others = { othersCpuPercent: ran.othersCpuPercent, allowed: twoDecimals(allowed) };
      return { requested, achieved: ran.percent, stressNg: null, ...others };
    });
  } finally {
    await victim.stop();
  }
}

async function whileInjected<Result>(
  rig: AgentRig,
  wanted: Wanted & { readonly parameters: JsonObject },
  measure: (holder: ProcessIdentity) => Promise<Result>,
): Promise<Result> {
  const { faultId } = await inject(rig.client, { ...wanted, leaseTtlMs: 60_000, durationMs: 60_000 });
  try {
    const [holder, ...more] = listHolders(rig.pid() as Pid);
    if (!holder || more.length > 0) throw new Error(`one holder was expected, not ${more.length + (holder ? 1 : 0)}`);
    await wait(settleMs);
    return await measure(holder);
  } finally {
    await rig.client.call('restore', { faultId: faultId ?? '', reason: 'measured' });
  }
}

/** @returns undefined where stress-ng is not installed. */
async function whileStressNg<Result>(
  args: readonly string[],
  seconds: number,
  measure: (process: { readonly worker: ProcessIdentity }) => Promise<Result>,
): Promise<Result | undefined> {
  const stressNg = startStressNg(args, seconds);
  if (!stressNg) return undefined;
  try {
    const worker = await until('stress-ng has its worker', () => listHolders(parsePid(stressNg.pid)).at(-1));
    await wait(settleMs);
    return await measure({ worker });
  } finally {
    await stressNg.stop();
  }
}

/** How fast a counter of milliseconds goes, and what the rest of the host burned meanwhile. */
async function shareOf(
  counterMs: () => number,
  measureMs: number,
): Promise<{ readonly percent: number; readonly othersCpuPercent: number; readonly elapsedMs: number }> {
  const began = { atMs: performance.now(), counter: counterMs(), busy: busyMs() };
  await wait(measureMs);
  const elapsedMs = performance.now() - began.atMs;
  const ranMs = counterMs() - began.counter;
  const othersMs = busyMs() - began.busy - ranMs;
  return {
    percent: twoDecimals((100 * ranMs) / elapsedMs),
    othersCpuPercent: twoDecimals((100 * othersMs) / elapsedMs / availableParallelism()),
    elapsedMs,
  };
}

/** Of all CPUs: everything but idle and waiting for a device (proc_stat(5)). */
function busyMs(): number {
  const [, ...ticks] = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.trim().split(/\s+/) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = ticks.map(Number);
  return (user + nice + system + irq + softirq) * tickMs;
}

/** Of the first thread: on a CPU, and waiting for one. */
function schedulerMs(pid: number): { readonly ran: number; readonly waited: number } {
  const [ranNs = Number.NaN, waitedNs = Number.NaN] = readFileSync(`/proc/${pid}/schedstat`, 'latin1')
    .split(' ')
    .map(Number);
  return { ran: ranNs / 1e6, waited: waitedNs / 1e6 };
}

function anonymousMib(pid: number): number {
  const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return (Number(kibibytes ?? Number.NaN) * 1024) / mebibyte;
}

function errors(measured: readonly Measured[], of: 'achieved' | 'stressNg'): readonly number[] {
  return measured.flatMap((each) => (each[of] === null ? [] : [Math.abs(each[of] - each.requested)]));
}

/** Memory is no share of anything: its error is in percent of what was asked. */
function relativeErrors(measured: readonly Measured[], of: 'achieved' | 'stressNg'): readonly number[] {
  return measured.flatMap((each) =>
    each[of] === null ? [] : [(100 * Math.abs(each[of] - each.requested)) / each.requested],
  );
}

function worst(points: readonly number[]): number | null {
  return points.length === 0 ? null : twoDecimals(Math.max(...points));
}

function twoDecimals(value: number): number {
  return Math.round(value * 100) / 100;
}
