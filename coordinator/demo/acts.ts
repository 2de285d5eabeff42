/** The acts of the demo. Each shows something, looks for itself whether it happened, and says what it measured. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Terminal } from '../cli/terminal.ts';
import { good, quiet, strong } from '../cli/text.ts';
import { type DemoHost, holdText, killText, leaseMs, pauseText } from './files.ts';
import { childrenOf, isHeld, isRunning, until } from './processes.ts';
import { ended, type Scene } from './scene.ts';

export interface Observation {
  readonly act: string;
  readonly seen: string;
}

/** @throws Error when what it set out to show was not seen. */
export type Act = (scene: Scene, terminal: Terminal) => Promise<Observation>;

const heldWithinMs = 15_000;
const runsOnWithinMs = 15_000;

export const tellBinding: Act = async (scene, terminal) => {
  const { output } = await scene.run(
    'leash-agent',
    ['check', '--json', ...scene.agentOptions(scene.hosts[0] as DemoHost)],
    false,
  );
  const faults = JSON.parse(output).faults as { kind: string; binding?: string; reason: string }[];
  const pause = faults.find((fault) => fault.kind === 'process.pause');
  const binding = pause?.binding ?? 'none';
  terminal.line(`a pause is bound by the ${binding} on this host: ${pause?.reason}`);
  return { act: 'binding', seen: `pause: ${binding} (${pause?.reason})` };
};

export const plan: Act = async (scene, terminal) => {
  const file = experiment(scene, 'kill.yaml', killText(scene.hosts[0] as DemoHost, scene.shopUrl));
  await leash(scene, terminal, ['plan', file]);
  const { output } = await scene.run('leash', ['plan', '--json', file], false);
  const pids = (JSON.parse(output).hosts as { targets: { pid: number }[] }[]).flatMap((host) => host.targets);
  const workers = workersOf(scene, scene.hosts[0] as DemoHost);
  if (pids.length !== 1 || !workers.includes(pids[0]?.pid ?? 0))
    throw new Error('the plan names no worker of the shop');
  return { act: 'plan', seen: `pid ${pids[0]?.pid}, exactly` };
};

export const kill: Act = async (scene, terminal) => {
  const host = scene.hosts[0] as DemoHost;
  const before = workersOf(scene, host);
  const file = experiment(scene, 'kill.yaml', killText(host, scene.shopUrl));
  await leash(scene, terminal, ['run', '--wait', file]);
  const after = workersOf(scene, host);
  const died = before.find((pid) => !after.includes(pid));
  const came = after.find((pid) => !before.includes(pid));
  if (died === undefined || came === undefined || after.length !== before.length) {
    throw new Error('no worker was seen to be replaced');
  }
  const respawnMs = (await lastRun(scene)).faults[0]?.receipt?.targets[0]?.respawnMs;
  return { act: 'kill of a worker', seen: `pid ${died} gone, pid ${came} took its place after ${respawnMs} ms` };
};

export const pause: Act = async (scene, terminal) => {
  const host = scene.hosts[0] as DemoHost;
  const file = experiment(scene, 'pause.yaml', pauseText(host, scene.shopUrl));
  await leash(scene, terminal, ['run', '--wait', file]);
  const run = await lastRun(scene);
  const latency = run.probes.find((probe) => probe.value === 'latencyMs');
  const worst = latency?.duringMax ?? 0;
  if (worst < 500) throw new Error('the canary saw nothing of the pause');
  if (!workersOf(scene, host).every(isRunning)) throw new Error('a worker does not run');
  if (scene.reportFile !== undefined) {
    await leash(scene, terminal, ['report', run.runId, '--format', 'html', '--out', scene.reportFile]);
  }
  const baseline = Math.round((latency?.baseline ?? 0) * 10) / 10;
  return {
    act: 'pause of a worker',
    seen: `the canary waited up to ${Math.round(worst)} ms (baseline ${baseline} ms)`,
  };
};

export const killAgent: Act = async (scene, terminal) => {
  const host = scene.hosts[0] as DemoHost;
  const { pid, runId } = await hold(scene, terminal, host);
  terminal.line(`$ kill -9 ${scene.agent(host).pid}`, quiet(`   # the agent of ${host.name}, which holds pid ${pid}`));
  const killedAtMs = performance.now();
  scene.agent(host).kill('SIGKILL');
  await until('the worker runs on', runsOnWithinMs, () => isRunning(pid));
  const ms = tenths(performance.now() - killedAtMs);
  terminal.line(good(`pid ${pid} runs on, ${ms} ms after its agent was killed`));
  await ended(scene.agent(host));
  await scene.startAgent(host);
  await showEnd(scene, terminal, runId);
  return { act: 'SIGKILL of the agent', seen: `pid ${pid} ran on after ${ms} ms` };
};

export const killCoordinator: Act = async (scene, terminal) => {
  const host = scene.hosts[1] as DemoHost;
  const { pid, runId } = await hold(scene, terminal, host);
  terminal.line(
    `$ kill -9 ${scene.coordinator().pid}`,
    quiet(`   # the coordinator; the lease of ${host.name} is ${leaseMs} ms`),
  );
  scene.coordinator().kill('SIGKILL');
  await ended(scene.coordinator());
  const askedAtMs = performance.now();
  const { output } = await scene.run('leash-agent', ['status', '--json', ...scene.agentOptions(host)], false);
  const answeredAtMs = performance.now();
  const leaseLeftMs = (JSON.parse(output).faults as { leaseRemainingMs: number }[])[0]?.leaseRemainingMs ?? 0;
  await until('the worker runs on', runsOnWithinMs, () => isRunning(pid));
  const ranOnAtMs = performance.now();
  // The agent answered between asking and hearing: the end of the lease is known to within that time.
  const latestEndMs = answeredAtMs + leaseLeftMs;
  const lateMs = Math.max(0, ranOnAtMs - (askedAtMs + leaseLeftMs));
  terminal.line(good(`pid ${pid} runs on, at most ${Math.round(lateMs)} ms after its lease had ended`));
  if (ranOnAtMs > latestEndMs + 500) throw new Error('the worker was held past the end of its lease');
  await scene.startCoordinator();
  await showEnd(scene, terminal, runId);
  return {
    act: 'SIGKILL of the coordinator',
    seen: `pid ${pid} ran on ≤ ${Math.round(lateMs)} ms after the lease's end`,
  };
};

export const halt: Act = async (scene, terminal) => {
  const runId = await startHold(scene, terminal, scene.hosts);
  const held = await Promise.all(scene.hosts.map((host) => heldWorker(scene, host)));
  terminal.line(`held: ${held.map((pid) => `pid ${pid}`).join(', ')}`);
  const orderedAtMs = performance.now();
  const [, ms] = await Promise.all([
    leash(scene, terminal, ['halt', '--reason', 'demo']),
    until('the workers run on', runsOnWithinMs, () => held.every(isRunning)).then(() =>
      Math.round(performance.now() - orderedAtMs),
    ),
  ]);
  await showEnd(scene, terminal, runId);
  await leash(scene, terminal, ['rearm', '--reason', 'demo']);
  return { act: 'global halt', seen: `three workers ran on ${ms} ms after \`leash halt\` was typed` };
};

export const receipts: Act = async (scene, terminal) => {
  await leash(scene, terminal, ['runs']);
  const { output } = await scene.run('leash', ['runs', '--json'], false);
  const runs = JSON.parse(output).runs as { runId: string; phase: string; result: string }[];
  const unresolved = runs.filter((run) => run.phase !== 'ended' || run.result === 'unresolved');
  if (unresolved.length > 0)
    throw new Error(`not every run is resolved: ${unresolved.map((run) => run.runId).join(', ')}`);
  const everyWorker = scene.hosts.flatMap((host) => workersOf(scene, host));
  if (!everyWorker.every(isRunning)) throw new Error('a worker of the shop does not run');
  return {
    act: 'afterwards',
    seen: `${everyWorker.length} of ${everyWorker.length} workers run; ${runs.length} runs, none unresolved`,
  };
};

interface DemoRun {
  readonly runId: string;
  readonly phase: string;
  readonly faults: readonly { receipt: { targets: readonly { respawnMs: number | null }[] } | null }[];
  readonly probes: readonly { value: string; baseline: number | null; duringMax: number | null }[];
}

async function hold(scene: Scene, terminal: Terminal, host: DemoHost): Promise<{ pid: number; runId: string }> {
  const runId = await startHold(scene, terminal, [host]);
  return { pid: await heldWorker(scene, host), runId };
}

async function startHold(scene: Scene, terminal: Terminal, hosts: readonly DemoHost[]): Promise<string> {
  const file = experiment(scene, 'hold.yaml', holdText(hosts));
  await leash(scene, terminal, ['run', file]);
  return (await lastRun(scene)).runId;
}

function heldWorker(scene: Scene, host: DemoHost): Promise<number> {
  return until(`a worker of ${host.name} is held`, heldWithinMs, () => workersOf(scene, host).find(isHeld));
}

async function showEnd(scene: Scene, terminal: Terminal, runId: string): Promise<void> {
  await until('the run ends', 20_000, async () => {
    const { output } = await scene.run('leash', ['show', runId, '--json'], false);
    return (JSON.parse(output) as DemoRun).phase === 'ended';
  });
  await leash(scene, terminal, ['show', runId], [4]);
}

async function lastRun(scene: Scene): Promise<DemoRun> {
  const { output } = await scene.run('leash', ['runs', '--json'], false);
  const { runId } = (JSON.parse(output).runs as { runId: string }[])[0] ?? {};
  if (runId === undefined) throw new Error('there is no run');
  const shown = await scene.run('leash', ['show', runId, '--json'], false);
  return JSON.parse(shown.output) as DemoRun;
}

/** Shows the command as an operator types it, and then what it prints. @throws Error for another exit code. */
async function leash(
  scene: Scene,
  terminal: Terminal,
  args: readonly string[],
  codes: readonly number[] = [],
): Promise<void> {
  const shown = args.map((word) => word.replace(`${scene.directory}/`, '')).join(' ');
  terminal.line(strong(`$ leash ${shown}`));
  const { code } = await scene.run('leash', args, true);
  if (code !== 0 && !codes.includes(code)) throw new Error(`leash ${shown} exited with ${code}`);
}

function experiment(scene: Scene, name: string, text: string): string {
  const path = join(scene.directory, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function workersOf(scene: Scene, host: DemoHost): readonly number[] {
  return childrenOf(scene.shop.pid ?? 0).flatMap((child) => (child.name === host.worker ? [child.pid] : []));
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
