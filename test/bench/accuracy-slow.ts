/** process.slow beside what was asked, on programs that would burn all of one CPU: CPU time of the whole process. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { processCpuMs } from '../../agent/host/native/thread-clock.ts';
import { victimProgram } from '../host/harness/build.ts';
import { startVictim, startVictimOf, type Victim } from '../host/harness/victim.ts';
import type { AgentRig } from '../rig/agent.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { whileInjected } from './injected.ts';
import type { BenchOptions } from './main.ts';
import { twoDecimals, type Windows, watchWindows } from './windows.ts';

export interface Slowed extends Omit<Windows, 'percent'> {
  readonly runtime: string;
  readonly requested: number;
  /** CPU time, in percent of what it uses unslowed on a free CPU. */
  readonly achieved: number;
  /** stress-ng has nothing like it. */
  readonly stressNg: null;
  /** In percent of one CPU. */
  readonly unslowed: number;
}

const shares = [10, 30, 50, 70, 90];

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
    const counterMs = () => processCpuMs(pid) ?? Number.NaN;
    // Not put first: of a program that never sleeps the kernel would take 5 % away (sched_rt_runtime_us, sched(7)).
    const { percent: unslowed } = await watchWindows({ counterMs, pids: [pid, rig.pid()] });
    for (const requested of shares) {
      options.say(`process.slow at ${requested} % of the time: ${runtime}`);
      const wanted = { kind: 'process.slow', parameters: { share: `${requested}%` }, selector: { pid } };
      const { result } = await whileInjected(rig, wanted, (holder) =>
        watchWindows({
          counterMs,
          pids: [pid, rig.pid(), holder.pid],
          first: { measured: pid, holder: holder.pid },
        }),
      );
      const { percent, ...windows } = result;
      measured.push({
        runtime,
        requested,
        achieved: twoDecimals((100 * percent) / unslowed),
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
