/** What the targets of a fault use, for `leash-agent status`; never asked by the daemon, since the first look starts a program. */
import pidusage from 'pidusage';
import { formatBytes } from '../../proto/quantity.ts';

export interface TargetUsage {
  readonly pid: number;
  /** Of one processor, since the process started. */
  readonly cpuPercent: number;
  readonly residentBytes: number;
}

/** Processes that are gone are left out. */
export async function usageOf(pids: readonly number[]): Promise<readonly TargetUsage[]> {
  const looks = pids.map(async (pid): Promise<TargetUsage | undefined> => {
    try {
      const { cpu, memory } = await pidusage(pid);
      return { pid, cpuPercent: Math.round(cpu * 10) / 10, residentBytes: memory };
    } catch {
      return undefined;
    }
  });
  return (await Promise.all(looks)).filter((usage) => usage !== undefined);
}

export function usageText({ pid, cpuPercent, residentBytes }: TargetUsage): string {
  return `  pid ${pid}: ${cpuPercent}% of a processor so far, ${formatBytes(residentBytes)} resident`;
}
