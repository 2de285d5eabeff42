/** When each fault of a run was in force, as its history and its receipts tell it. */
import type { RunDocument } from '../client/run-document.ts';

export interface FaultWindow {
  readonly label: string;
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
}

/** One for each fault that was seen in force; one without a receipt lasts until the end of the run. */
export function faultWindows({ faults, events, endedAtUnixMs }: RunDocument): readonly FaultWindow[] {
  const lastUnixMs = endedAtUnixMs ?? events.at(-1)?.atUnixMs ?? 0;
  return faults.flatMap(({ host, step, kind, receipt }) => {
    const seen = events.find(
      (event) => event.kind === 'inject' && event.host === host && event.text.startsWith(`step ${step}:`),
    );
    if (!seen) return [];
    const toUnixMs = Math.max(seen.atUnixMs, receipt?.endedAtUnixMs ?? lastUnixMs);
    return [{ label: `${kind} on ${host}`, fromUnixMs: seen.atUnixMs, toUnixMs }];
  });
}
