/**
 * How near to what was asked a real agent's stressors and `process.slow` come, with stress-ng beside them in the same run
 * where it is installed. All figures are CPU time that the kernel counted ÷ wall time, or resident bytes.
 */
import { availableParallelism } from 'node:os';
import { startAgentRig } from '../rig/agent.ts';
import { measureCpu, measureSharedCpu, type SharedCpu } from './accuracy-cpu.ts';
import { measureMemory } from './accuracy-memory.ts';
import { measureSlow, measureSlowRuntimes } from './accuracy-slow.ts';
import type { BenchOptions } from './main.ts';
import { twoDecimals } from './windows.ts';

interface Measured {
  readonly requested: number;
  readonly achieved: number;
  readonly stressNg: number | null;
}

const policy = 'injectsPerMinute: 600\nfaultsMax: 8\ncpuPercentMax: 100%\nleaseMax: 60s\n';

/** Parts by name (`--only cpu,slow`): cpu, shared, memory, slow, runtimes. */
export async function accuracy(options: BenchOptions): Promise<object> {
  const rig = await startAgentRig({ policy });
  const part = async <Row>(name: string, measure: () => Promise<readonly Row[]>): Promise<readonly Row[]> =>
    options.only.length === 0 || options.only.includes(name) ? measure() : [];
  try {
    const cpu = await part('cpu', () => measureCpu(rig, options));
    const shared = await part('shared', () => measureSharedCpu(rig, options));
    const memory = await part('memory', () => measureMemory(rig, options));
    const slow = await part('slow', () => measureSlow(rig, options));
    const runtimes = await part('runtimes', () => measureSlowRuntimes(rig, options));
    return {
      cpu,
      shared,
      memory,
      slow,
      runtimes,
      worstErrorPoints: worst([
        ...errors(cpu, 'achieved'),
        ...relativeErrors(memory, 'achieved'),
        ...errors(slow, 'achieved'),
      ]),
      worstErrorPointsStressNg: worst([...errors(cpu, 'stressNg'), ...relativeErrors(memory, 'stressNg')]),
      worstSharedErrorPoints: worst(sharedErrors(shared, 'achieved')),
      worstSharedErrorPointsStressNg: worst(sharedErrors(shared, 'stressNg')),
      worstRuntimeErrorPoints: worst(errors(runtimes, 'achieved')),
      cpus: availableParallelism(),
      node: process.version,
    };
  } finally {
    await rig.dispose();
  }
}

function errors(measured: readonly Measured[], of: 'achieved' | 'stressNg'): readonly number[] {
  return measured.flatMap((each) => (each[of] === null ? [] : [Math.abs(each[of] - each.requested)]));
}

function sharedErrors(measured: readonly SharedCpu[], of: 'achieved' | 'stressNg'): readonly number[] {
  return measured.flatMap((each) => {
    const expected = of === 'achieved' ? each.expected : each.stressNgExpected;
    return each[of] === null || expected === null ? [] : [Math.abs(each[of] - expected)];
  });
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
