/** Settings in a replay of the journal: put back where they are still ours, and where the host's policy has nothing against it. */
import { outcomeOfSetting, type SettingsPort } from '../core/setting.ts';
import type { PutBack } from '../store/replay.ts';
import type { PutBackGuard } from './put-back-guard.ts';

/** @param prepare reads the policy and the processes: once, at the first setting that is there. */
export function createReplayedPutBack(settings: SettingsPort, prepare: () => Promise<PutBackGuard>): PutBack {
  let prepared: Promise<PutBackGuard> | undefined;
  return async (kept, record) => {
    try {
      const before = await settings.see(kept);
      if (before.state === 'gone') return { outcome: 'gone', seen: before.how };
      prepared ??= prepare();
      const problem = (await prepared)(kept, record);
      if (problem !== undefined) return { outcome: 'unknown', seen: `left as it is: ${problem}` };
      const seen = await settings.putBack(kept);
      return { outcome: outcomeOfSetting(seen), seen: seen.how };
    } catch (error) {
      return { outcome: 'unknown', seen: error instanceof Error ? error.message : String(error) };
    }
  };
}
