/** A fault while it is in force, and stress-ng in its place. */
import { setTimeout as wait } from 'node:timers/promises';
import { listHolders } from '../../agent/host/holder-children.ts';
import { type Pid, type ProcessIdentity, parsePid } from '../../proto/identity.ts';
import type { JsonObject } from '../../proto/struct.ts';
import type { AgentRig } from '../rig/agent.ts';
import { inject, type Wanted } from '../rig/inject.ts';
import { until } from '../rig/until.ts';
import { startStressNg } from './stress-ng.ts';

export interface Injected<Result> {
  readonly result: Result;
  /** What the agent said of it after the touch, and in the receipt. */
  readonly seen: string;
  readonly receiptSeen: string;
}

const settleMs = 500;
const longestMs = 60_000;

export async function whileInjected<Result>(
  rig: AgentRig,
  wanted: Wanted & { readonly parameters: JsonObject },
  measure: (holder: ProcessIdentity) => Promise<Result>,
): Promise<Injected<Result>> {
  const fault = await inject(rig.client, { ...wanted, leaseTtlMs: longestMs, durationMs: longestMs });
  const restore = () => rig.client.call('restore', { faultId: fault.faultId ?? '', reason: 'measured' });
  try {
    const [holder, ...more] = listHolders(rig.pid() as Pid);
    if (!holder || more.length > 0) throw new Error(`one holder was expected, not ${more.length + (holder ? 1 : 0)}`);
    await wait(settleMs);
    const result = await measure(holder);
    const { receipts } = await restore();
    return { result, seen: fault.seen ?? '', receiptSeen: receipts?.[0]?.targets?.[0]?.seen ?? '' };
  } finally {
    await restore();
  }
}

/** @returns undefined where stress-ng is not installed. */
export async function whileStressNg<Result>(
  args: readonly string[],
  measure: (worker: ProcessIdentity) => Promise<Result>,
): Promise<Result | undefined> {
  const stressNg = startStressNg(args, longestMs / 1000);
  if (!stressNg) return undefined;
  try {
    const worker = await until('stress-ng has its worker', () => listHolders(parsePid(stressNg.pid)).at(-1));
    await wait(settleMs);
    return await measure(worker);
  } finally {
    await stressNg.stop();
  }
}
