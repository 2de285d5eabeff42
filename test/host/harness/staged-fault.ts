/**
 * One row of the fault matrix: a fault as a holder is asked for it, and a witness of it that is not Leash: the victim
 * itself, a peer, the counters of the kernel.
 */

import { spawn } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { until } from '../../rig/until.ts';
import { type AgentUser, bootMs, type HoldRequest, type TestAgent, type TestHolder } from './agent.ts';
import { host } from './victim.ts';

export interface StagedFault {
  readonly request: HoldRequest;
  /** Whether the witness sees the effect now. */
  isInForce(holder: TestHolder): boolean | Promise<boolean>;
  /** Whether the witness sees that all is as before. */
  isOver(holder: TestHolder): boolean | Promise<boolean>;
}

export interface MatrixRow {
  readonly kind: string;
  /** What the default unit lacks: its user is refused by this name. */
  readonly isBeyondUnit?: string;
  /** As a caller would write them, for that refusal. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What it takes is gone when the test is over. */
  stage(user: AgentUser): Promise<StagedFault> | StagedFault;
}

/** Started, and in force as its witness sees it. */
export async function putInForce(agent: TestAgent, staged: StagedFault): Promise<TestHolder> {
  const holder = await agent.start(staged.request);
  await holder.report('touched', 20_000);
  await until('its effect is seen', () => staged.isInForce(holder), 10_000);
  return holder;
}

/** What is promised while twice as much wants to run as there are CPUs; on a busier machine, so much more. */
export function lateMaxMs(): number {
  const [load = 0] = loadavg();
  return 500 * Math.max(1, load / cpus().length / 2);
}

/**
 * Waits until the holder is gone.
 * @returns by how much it was later than the instant, less what the machine kept a process of nobody's from ending then.
 */
export async function lateMs({ identity }: TestHolder, dueInMs: number): Promise<number> {
  const dueAtMs = bootMs() + dueInMs;
  const twin = spawn('sleep', [String(dueInMs / 1000)], { stdio: 'ignore' });
  const twinEndedAtMs = new Promise<number>((resolve) => twin.once('exit', () => resolve(bootMs())));
  await until('the holder is gone', () => host.threadCount(identity) === 0, 20_000);
  const endedAtMs = bootMs();
  return endedAtMs - dueAtMs - Math.max(0, (await twinEndedAtMs) - dueAtMs);
}
