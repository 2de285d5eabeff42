/**
 * process.slow beside what was asked, on programs that would burn all of one CPU. What a program gets of a CPU on a busy
 * host is not the fault's doing: beside its CPU time stands the time that it was allowed to run.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { processCpuMs } from '../../agent/host/native/thread-clock.ts';
import type { Pid } from '../../proto/identity.ts';
import { victimProgram } from '../host/harness/build.ts';
import { startVictim, startVictimOf, type Victim } from '../host/harness/victim.ts';
import type { AgentRig } from '../rig/agent.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { whileInjected } from './injected.ts';
import type { BenchOptions } from './main.ts';
import { goFirst } from './precedence.ts';
import { twoDecimals, type Windows, watchWindows } from './windows.ts';

export interface Slowed extends Omit<Windows, 'percent'> {
  readonly runtime: string;
  readonly requested: number;
  /** CPU time, in percent of what it uses unslowed on a free CPU. */
  readonly achieved: number;
  /** On a CPU or waiting for one, in percent of the time: what process.slow can set. */
  readonly allowed: number;
  /** stress-ng has nothing like it. */
  readonly stressNg: null;
  /** In percent of one CPU. */
  readonly unslowed: number;
}

const shares = [10, 30, 50, 70, 90];
const speedMs = 2000;

export async function measureSlow(rig: AgentRig, options: BenchOptions): Promise<readonly Slowed[]> {
  return slowed(rig, options, 'busy loop', () => startVictim('busy.mjs'));
}

/** Programs that take signals all the time; a runtime that is not installed is left out, and said. */
export async function measureSlowRuntimes(rig: AgentRig, options: BenchOptions): Promise<readonly Slowed[]> {
  const directory = makeTestDirectory();
  const source = (name: string): string => victimProgram(`burning/${name}`);
  const goProgram = join(directory.path, 'burning');
  const runtimes: readonly (readonly [string, () => Promise<Victim>])[] = [
    [
      'go',
      () => {
        const env = {
          HOME: directory.path,
          ...process.env,
          GOTOOLCHAIN: 'local',
          CGO_ENABLED: '0',
          GO111MODULE: 'off',
        };
        execFileSync('go', ['build', '-o', goProgram, source('burning.go')], { env });
        return startVictimOf('burning.go', [goProgram]);
      },
    ],
    ['jvm', () => startVictimOf('Burning.java', ['java', '-XX:+UseSerialGC', source('Burning.java')])],
  ];
  const measured: Slowed[] = [];
  try {
    for (const [runtime, start] of runtimes) measured.push(...(await slowed(rig, options, runtime, start)));
  } finally {
    directory.remove();
  }
  return measured;
}

async function slowed(
  rig: AgentRig,
  options: BenchOptions,
  runtime: string,
  start: () => Promise<Victim>,
): Promise<readonly Slowed[]> {
  let victim: Victim;
  try {
    victim = await start();
  } catch (error) {
    options.say(`${runtime} is left out: ${error instanceof Error ? error.message : error}`);
    return [];
  }
  const { pid } = victim.identity;
  const measured: Slowed[] = [];
  try {
    const unslowed = await speedOf(pid);
    for (const requested of shares) {
      options.say(`process.slow at ${requested} % of the time: ${runtime}`);
      const counterMs = () => processCpuMs(pid) ?? Number.NaN;
      const wanted = { kind: 'process.slow', parameters: { share: `${requested}%` }, selector: { pid } };
      const { result } = await whileInjected(rig, wanted, async (holder) => {
        const from = { atMs: performance.now(), ...scheduledMs(pid) };
        const windows = await watchWindows({
          counterMs,
          pids: [pid, rig.pid(), holder.pid],
          first: { measured: pid, holder: holder.pid },
        });
        const to = { atMs: performance.now(), ...scheduledMs(pid) };
        return { windows, allowed: (100 * (to.ran + to.waited - from.ran - from.waited)) / (to.atMs - from.atMs) };
      });
      const { percent, ...windows } = result.windows;
      measured.push({
        runtime,
        requested,
        achieved: twoDecimals((100 * percent) / unslowed),
        allowed: twoDecimals(result.allowed),
        stressNg: null,
        unslowed: twoDecimals(unslowed),
        ...windows,
      });
    }
  } finally {
    await victim.stop();
  }
  return measured;
}

/** In percent of one CPU, without the time in which others had it. */
async function speedOf(pid: Pid): Promise<number> {
  goFirst(process.pid, 'bench');
  const from = { atMs: performance.now(), ...scheduledMs(pid) };
  await wait(speedMs);
  const to = { atMs: performance.now(), ...scheduledMs(pid) };
  return (100 * (to.ran - from.ran)) / (to.atMs - from.atMs - (to.waited - from.waited));
}

/** Of all its threads: on a CPU, and in a run queue. */
function scheduledMs(pid: Pid): { readonly ran: number; readonly waited: number } {
  const folder = `/proc/${pid}/task`;
  // Brings the counters of running threads up to date.
  processCpuMs(pid);
  const sum = { ran: 0, waited: 0 };
  for (const tid of readdirSync(folder)) {
    const [ranNs = 0, waitedNs = 0] = readFileSync(`${folder}/${tid}/schedstat`, 'latin1').split(' ').map(Number);
    sum.ran += ranNs / 1e6;
    sum.waited += waitedNs / 1e6;
  }
  return sum;
}
