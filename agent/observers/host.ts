/** What of the host as a whole is in use. The library is large, and only a probe of the host asks for it. */
import type { leash } from '../../proto/codec.ts';

/** Only `mem` and `currentLoad`, which read files; others of that library start programs, and `processes` ends the agent. */
export async function observeHost(): Promise<leash.v1.IHostSeen> {
  const { currentLoad, mem } = await import('systeminformation');
  const [load, memory] = await Promise.all([currentLoad(), mem()]);
  return {
    cpuPercent: load.currentLoad,
    load: load.avgLoad,
    memoryTotalBytes: memory.total,
    memoryAvailableBytes: memory.available,
  };
}
