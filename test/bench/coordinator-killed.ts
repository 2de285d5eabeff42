/** The coordinator is SIGKILLed in the middle of a run: how long past the end of its lease anything was held. */
import { startFleetRig } from '../rig/fleet.ts';
import { until } from '../rig/until.ts';
import { startWorker, workerName } from '../rig/workers.ts';
import { percentile, rounded } from './figures.ts';
import type { BenchOptions } from './main.ts';

const leaseMs = 1000;

export async function coordinatorKilled(options: BenchOptions): Promise<object> {
  const trials = Math.max(3, Math.ceil((options.trials ?? 500) / 20));
  const rig = await startFleetRig({ hosts: 1 });
  const name = workerName('k');
  const worker = await startWorker(name);
  const overshootsMs: number[] = [];
  let orphans = 0;
  try {
    const file = rig.write(
      'hold.yaml',
      `apiVersion: leash/v1
kind: Experiment
metadata: { name: hold, owner: bench@example.com }
stage: development
lease: ${leaseMs}ms
targets: { hosts: { mode: one }, processes: { name: ${name}, mode: one } }
method: [ { fault: process.pause, for: 60s } ]
`,
    );
    for (let trial = 0; trial < trials; trial += 1) {
      const { code, errors } = await rig.leash('run', file);
      if (code !== 0) throw new Error(`leash run: ${errors}`);
      await until('the worker is held', () => worker.isHeld());
      rig.coordinator().kill('SIGKILL');
      const client = rig.hosts[0]?.agent.client;
      const fault = (await client?.call('describe', {}))?.active?.[0];
      const leaseEndsAtMs = performance.now() + (fault?.leaseRemainingMs ?? 0);
      await until('the worker runs on', () => worker.isRunning(), 10_000).catch(() => {
        orphans += 1;
      });
      overshootsMs.push(Math.max(0, performance.now() - leaseEndsAtMs));
      await rig.startCoordinator();
      options.say(
        `coordinatorKilled: ${trial + 1} of ${trials}, ${rounded(overshootsMs.at(-1) ?? 0)} ms past the lease`,
      );
    }
  } finally {
    await worker.end();
    await rig.dispose();
  }
  return {
    trials,
    orphans,
    leaseMs,
    overshootP50Ms: rounded(percentile(overshootsMs, 0.5)),
    overshootP99Ms: rounded(percentile(overshootsMs, 0.99)),
    overshootMaxMs: rounded(Math.max(...overshootsMs)),
  };
}
