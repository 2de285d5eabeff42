/** The same inject, through a coordinator: an experiment that pauses one process until somebody dies. */

import type { FleetRig } from '../rig/fleet.ts';
import { threadStates } from '../rig/proc.ts';
import { until } from '../rig/until.ts';

/** Resolves once the process is held. `remainingMs` is what is left of the lease then. */
export async function experimentOf(
  fleet: FleetRig,
  pid: number,
  leaseMs: number,
): Promise<{ readonly faultId: string; readonly remainingMs: number }> {
  const file = fleet.write(
    'storm.yaml',
    `apiVersion: leash/v1
kind: Experiment
metadata: { name: storm, owner: storm@example.com }
stage: development
lease: ${leaseMs}ms
targets: { hosts: { mode: one }, processes: { pid: ${pid}, mode: one } }
method: [ { fault: process.pause, for: 60s } ]
`,
  );
  const { code, errors } = await fleet.leash('run', file);
  if (code !== 0) throw new Error(`leash run: ${errors}`);
  await until('the process is held', () => threadStates(pid).every((state) => state === 't'));
  const description = await fleet.hosts[0]?.agent.client.call('describe', {});
  const fault = description?.active?.[0];
  return { faultId: fault?.faultId ?? '', remainingMs: fault?.leaseRemainingMs ?? leaseMs };
}
