/** How an agent looks at a simulated host. */
import type { HostView } from '../../../agent/faults/fault-kind.ts';
import type { Host } from '../world/host.ts';
import { stateOf, successorOf } from '../world/process-facts.ts';

const memoryBytes = 8 * 2 ** 30;

export function createSimulatedView(host: Host): HostView {
  const view: Partial<HostView> = {
    threads(identity) {
      const process = host.found(identity);
      return process ? { kind: 'threads', states: [stateOf(process)] } : { kind: 'gone' };
    },
    isStopped: (identity) => ['t', 'T'].includes(stateOf(host.found(identity) ?? host.init)),
    successorOf: (process, notBeforeBootMs) => successorOf(host, process, notBeforeBootMs),
    memoryTotalBytes: () => memoryBytes,
    bootMs: () => host.bootMs(),
    cpus: () => 2,
    /** While it burns it has the time that passes. */
    ranMs: (identity) => {
      const process = host.found(identity);
      return process && (process.isStressing ? 2 * host.bootMs() : 0);
    },
  };
  return view as HostView;
}
