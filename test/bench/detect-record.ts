/**
 * Records runs for the grading of detectors: real stacks side by side, sampled once a second, through a baseline and a
 * time in which an agent injects a real fault into one worker of every second of them.
 */
import { cpus, release, totalmem } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../proto/struct.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { inject } from '../rig/inject.ts';
import type { BenchOptions } from './main.ts';
import { createRandom } from './random.ts';
import { type RecordedStack, type StackPlan, startRecordedStack } from './recorded-stack.ts';
import { appendRecording } from './recordings.ts';

const warmSeconds = 5;
const baselineSeconds = 60;
const watchedSeconds = 75;
/** The fault comes some time after the baseline, as after the planning of a run. */
const onsetSecondsMax = 15;

const leaseTtlMs = 60_000;
const renewEverySeconds = 15;
const ampleLimits = 'injectsPerMinute: 600\nprocessesMax: 64\nfaultsMax: 64\nleaseMax: 1m\n';

interface PlannedFault {
  readonly kind: string;
  readonly parameters: JsonObject;
  readonly atSecond: number;
}

/** More runs are left alone than hurt: how rare false aborts are takes more of them to tell. */
const isHurt = (index: number): boolean => index % 10 < 3;

/** @param options.trials stacks side by side. */
export async function recordRuns(path: string, options: BenchOptions): Promise<object> {
  const stackCount = options.trials ?? 8;
  const random = createRandom(options.seed);
  const directory = makeTestDirectory();
  const undo: (() => void | Promise<void>)[] = [() => directory.remove()];
  try {
    const rig = await startAgentRig({ policy: ampleLimits });
    undo.push(() => rig.dispose());
    const planned = Array.from({ length: stackCount }, (_, index) => {
      const plan = stackPlan(options.seed, index, random);
      return { index, plan, fault: isHurt(index) ? plannedFault(random) : null };
    });
    const runs: ((typeof planned)[number] & { readonly stack: RecordedStack })[] = [];
    // One after the other: so many programs at once would not answer in time.
    for (const run of planned) {
      const stack = await startRecordedStack(directory, run.plan, createRandom(run.plan.seed + 7)).catch((error) => {
        options.say(`stack ${run.index} is left out: ${error}`);
      });
      if (!stack) continue;
      undo.push(() => stack.stop());
      runs.push({ ...run, stack });
    }
    options.say(`seed ${options.seed}: ${runs.length} stacks answer`);
    await wait(warmSeconds * 1000);
    const recorded = await Promise.allSettled(runs.map((run) => recordOne(rig, run.stack, run.plan, run.fault)));
    runs.forEach(({ index, plan, fault }, at) => {
      const outcome = recorded[at];
      if (outcome?.status !== 'fulfilled') {
        // What was not injected is no recording of a fault, and none of a run without one.
        options.say(`stack ${index} is left out: ${outcome?.reason}`);
        return;
      }
      const { seconds, latestMs } = outcome.value;
      const { requestsPerSecond, sharePercent, redispatches, respawnMs } = plan;
      appendRecording(path, {
        seed: options.seed,
        index,
        at: `${new Date().toISOString().slice(0, 19)}Z`,
        machine: machineText(),
        requestsPerSecond,
        sharePercent,
        redispatches,
        respawnMs,
        baselineSeconds,
        latestMs: Math.round(latestMs),
        fault,
        latencyP95Ms: seconds.map(({ p95Ms }) => (p95Ms === null ? null : Math.round(p95Ms * 10) / 10)),
        errorRatio: seconds.map(({ errorRatio }) => (errorRatio === null ? null : Math.round(errorRatio * 1e4) / 1e4)),
      });
    });
    return { recorded: recorded.filter(({ status }) => status === 'fulfilled').length, seed: options.seed };
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function recordOne(rig: AgentRig, stack: RecordedStack, plan: StackPlan, fault: PlannedFault | null) {
  const seconds: ReturnType<RecordedStack['take']>[] = [];
  let latestMs = 0;
  const beganAt = performance.now();
  stack.take();
  let faultId = '';
  for (let second = 0; second < baselineSeconds + watchedSeconds; second += 1) {
    if (fault?.atSecond === second) {
      const durationMs = (baselineSeconds + watchedSeconds - second) * 1000;
      const injected = await inject(rig.client, {
        kind: fault.kind,
        parameters: fault.parameters,
        selector: { name: plan.name },
        leaseTtlMs,
        durationMs,
        consentIrreversible: fault.kind === 'process.kill',
      });
      if (fault.kind !== 'process.kill') faultId = injected.faultId ?? '';
    }
    if (faultId !== '' && second % renewEverySeconds === 0) {
      await rig.client.call('renew', { renewals: [{ faultId, leaseTtlMs }] });
    }
    await wait(Math.max(0, beganAt + (second + 1) * 1000 - performance.now()));
    latestMs = Math.max(latestMs, performance.now() - beganAt - (second + 1) * 1000);
    seconds.push(stack.take());
  }
  return { seconds, latestMs };
}

function stackPlan(seed: number, index: number, random: () => number): StackPlan {
  return {
    name: `r${process.pid}x${index}`.slice(0, 13),
    seed: seed * 1000 + index,
    requestsPerSecond: Math.round(15 + 15 * random()),
    sharePercent: Math.round(10 + 40 * random()),
    redispatches: random() < 0.5,
    respawnMs: Math.round(3000 * 20 ** random()),
  };
}

/** From what nobody could overlook to what hardly shows. */
function plannedFault(random: () => number): PlannedFault {
  const atSecond = baselineSeconds + Math.floor(onsetSecondsMax * random());
  const draw = random();
  if (draw < 0.25) return { kind: 'process.pause', parameters: {}, atSecond };
  if (draw < 0.45) return { kind: 'process.kill', parameters: { signal: 'SIGKILL' }, atSecond };
  const share = Math.round(15 + 75 * random());
  const periodMs = Math.round(50 * 16 ** random());
  return { kind: 'process.slow', parameters: { share: `${share}%`, period: `${periodMs}ms` }, atSecond };
}

function machineText(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} processors, ${memory} GiB, Linux ${release()}, Node ${process.version}; other work beside it`;
}
