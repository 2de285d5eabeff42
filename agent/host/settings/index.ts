/** Every setting that a fault can set, and the port over the real host: in this process, or in one made for it. */

import { createBootClock } from '../../../shared/boot-clock.ts';
import type { KeptSetting, SettingSeen, SettingsPort, WantedSetting } from '../../core/setting.ts';
import { isVoid, SettingUnavailable, settingKey } from '../../core/setting.ts';
import { readBootId } from '../process-identity.ts';
import { tickMs } from '../read-stat.ts';
import { affinity } from './affinity.ts';
import { cgroupCpu, cgroupFrozen, cgroupIo, cgroupMemory, cgroupPids } from './cgroup-limits.ts';
import { hostState } from './host-state.ts';
import { nice } from './nice.ts';
import { alsoAfterSigterm, type RunProgram, runAsChild } from './program.ts';
import { queueing } from './queueing.ts';
import { serviceSettings } from './services.ts';
import type { SettingKind } from './setting-kind.ts';

function kindsBy(run: RunProgram): readonly SettingKind[] {
  return [
    nice,
    affinity,
    cgroupCpu,
    cgroupMemory,
    cgroupPids,
    cgroupIo,
    cgroupFrozen,
    ...serviceSettings(run),
    hostState(run),
    queueing(run),
  ];
}

const kindOf =
  (kinds: readonly SettingKind[]) =>
  ({ what }: Pick<WantedSetting, 'what'>): SettingKind =>
    kinds.find((kind) => kind.what === what) as SettingKind;

const knownKindOf = kindOf(kindsBy(runAsChild));

/** For what takes no program: whether it could be one, whether it may be set, and what would put it back. */
export function settingRules(
  setting: Pick<WantedSetting, 'what'>,
): Omit<SettingKind, 'read' | 'see' | 'set' | 'putBack'> {
  return knownKindOf(setting);
}

export interface SettingsOptions {
  /** As children of this process when left out. */
  readonly run?: RunProgram;
  /** For what is put back by a program, where this process must start none. Never rejects. */
  readonly putBackElsewhere?: (kept: KeptSetting) => Promise<SettingSeen>;
}

export interface Settings extends SettingsPort {
  /** @throws SettingUnavailable, after what was set has been put back. */
  set(kept: KeptSetting): Promise<void>;
}

export function createSettings({ run = runAsChild, putBackElsewhere }: SettingsOptions = {}): Settings {
  const settingKindOf = kindOf(kindsBy(alsoAfterSigterm(run)));
  const setterOf = kindOf(kindsBy(run));
  const bootMs = createBootClock();
  const bootId = readBootId();

  async function see(kept: KeptSetting): Promise<SettingSeen> {
    if (kept.bootId !== bootId) return { state: 'gone', how: 'the host was booted again since' };
    try {
      return await settingKindOf(kept).see(kept);
    } catch (error) {
      return { state: 'unknown', how: `${settingKey(kept)} cannot be looked at: ${messageOf(error)}` };
    }
  }

  async function putBack(kept: KeptSetting): Promise<SettingSeen> {
    const kind = settingKindOf(kept);
    const before = await see(kept);
    if (before.state !== 'ours') return before;
    if (kind.isByProgram && putBackElsewhere) return putBackElsewhere(kept);
    try {
      await kind.putBack(kept);
    } catch (error) {
      const after = await see(kept);
      return { ...after, how: `${settingKey(kept)} cannot be put back: ${messageOf(error)}; ${after.how}` };
    }
    return see(kept);
  }

  return {
    see,
    putBack,
    members: (wanted) => settingKindOf(wanted).members?.(wanted.of) ?? [],
    warning: (wanted) => settingKindOf(wanted).warning?.(wanted.of),
    async read(wanted) {
      const kind = settingKindOf(wanted);
      const problem = kind.problem(wanted);
      if (problem !== undefined) throw new SettingUnavailable(`${settingKey(wanted)}: ${problem}`);
      const sinceTicks = Math.floor(bootMs() / tickMs);
      return { ...wanted, bootId, sinceTicks, ...(await kind.read(wanted)) };
    },
    async set(kept) {
      if (isVoid(kept)) return;
      try {
        await setterOf(kept).set(kept);
      } catch (error) {
        await putBack(kept);
        throw error;
      }
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
