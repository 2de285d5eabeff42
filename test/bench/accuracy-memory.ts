/** stress.memory beside what was asked: what its holder has resident. */
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { listHolders } from '../../agent/host/holder-children.ts';
import { createHostView } from '../../agent/host/host-view.ts';
import type { AgentRig } from '../rig/agent.ts';
import { whileInjected, whileStressNg } from './injected.ts';
import type { BenchOptions } from './main.ts';
import { twoDecimals } from './windows.ts';

/** In MiB. */
export interface MeasuredMemory {
  readonly requested: number;
  readonly achieved: number;
  readonly stressNg: number | null;
  /** What was available on the host at the least, and what had to stay so (`leaveFree`). */
  readonly availableMin: number;
  readonly floor: number;
}

const sizesMib = [128, 256, 1024];
const floorMib = 512;
const mebibyte = 2 ** 20;
/** Memory that does not grow for so long grows no more. */
const growthMs = 300;
const host = createHostView();

export async function measureMemory(rig: AgentRig, options: BenchOptions): Promise<readonly MeasuredMemory[]> {
  const measured: MeasuredMemory[] = [];
  for (const requested of sizesMib) {
    options.say(`stress.memory of ${requested} MiB`);
    let availableMin = Number.POSITIVE_INFINITY;
    const note = () => {
      availableMin = Math.min(availableMin, host.memory().availableBytes / mebibyte);
    };
    const noting = setInterval(note, 10);
    const residentMib = async (size: number): Promise<number> => {
      const parameters = { size: `${size}MiB`, leaveFree: `${floorMib}MiB` };
      const { result } = await whileInjected(rig, { kind: 'stress.memory', parameters }, ({ pid }) =>
        whenGrown(() => anonymousMib(pid)),
      );
      return result;
    };
    // What a holder of 1 MiB has resident is taken for what it is by itself.
    const achieved = (await residentMib(requested)) - (await residentMib(1)) + 1;
    clearInterval(noting);
    const args = ['--vm', '1', '--vm-bytes', `${requested}M`, '--vm-keep', '--vm-hang', '0', '--vm-populate'];
    // The memory is in a child of the worker, which is there to be killed when memory runs out.
    const stressNg = await whileStressNg(args, (worker) =>
      whenGrown(() => Math.max(...[worker, ...listHolders(worker.pid)].map(({ pid }) => anonymousMib(pid)))),
    );
    measured.push({
      requested,
      achieved: twoDecimals(achieved),
      stressNg: stressNg === undefined ? null : twoDecimals(stressNg),
      availableMin: Math.round(availableMin),
      floor: floorMib,
    });
  }
  return measured;
}

async function whenGrown(sizeMib: () => number): Promise<number> {
  for (let last = -1; ; ) {
    const now = sizeMib();
    if (now === last) return now;
    last = now;
    await wait(growthMs);
  }
}

function anonymousMib(pid: number): number {
  const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return (Number(kibibytes ?? Number.NaN) * 1024) / mebibyte;
}
