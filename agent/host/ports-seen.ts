/** Who listens on the ports that the policy protects. */
import type { ProcessTable } from '../core/process.ts';
import type { PortsSeen } from '../core/protection.ts';
import { inSlices } from './in-slices.ts';
import { findListeners } from './listeners.ts';

export async function lookAtPorts(
  ports: ReadonlySet<number>,
  table: ProcessTable,
  procRoot = '/proc',
): Promise<PortsSeen> {
  const { byPort, hidden } = await inSlices(findListeners(ports, table.processes.values(), procRoot));
  return { listeners: byPort, hidden: new Set(hidden.map(({ identity }) => identity.pid)) };
}
