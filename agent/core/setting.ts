/**
 * Something of the host that has one value at a time, and that a fault sets: how it is named, kept and put back. The
 * kinds are a closed list; a value is only ever moved back, and only while it is the one that the fault had set.
 */
import type { Outcome } from '../../proto/fault.ts';
import type { ProcessIdentity } from '../../proto/identity.ts';

export const settingNames = [
  'nice',
  'affinity',
  'cgroup-cpu',
  'cgroup-memory',
  'cgroup-pids',
  'cgroup-io',
  'cgroup-frozen',
  'service-active',
  'service-masked',
  'service-invocation',
  'host-state',
  'queueing',
] as const;

export type SettingName = (typeof settingNames)[number];

/** What a fault is going to set. */
export interface WantedSetting {
  readonly what: SettingName;
  /** A process (each of its threads has the value), or the name of what else has it: a cgroup's file, a unit, an interface. */
  readonly of: ProcessIdentity | string;
  /** As its kind writes it when it reads it: two values are equal when their texts are. */
  readonly ours: string;
}

/** The same with what it was before, as it is journalled before the touch. */
export interface KeptSetting extends WantedSetting {
  /** No such setting outlives a boot. */
  readonly bootId: string;
  readonly original: string;
  /** Threads whose value was another one than `original`, by their ids. */
  readonly exceptions: readonly (readonly [tid: number, original: string])[];
  /** When `original` was read, in clock ticks since the boot: what a target started later has its value from it. */
  readonly sinceTicks: number;
}

export interface SettingSeen {
  /** `changed`: somebody has set another value meanwhile, which is left alone. `unknown`: it could not be looked at. */
  readonly state: 'ours' | 'original' | 'changed' | 'gone' | 'unknown';
  /** In words. */
  readonly how: string;
  /** False where it is ours, and yet the effect of that is still to come. */
  readonly isInEffect?: boolean;
}

/** Why a setting cannot be read or set, in words. */
export class SettingUnavailable extends Error {
  override readonly name = 'SettingUnavailable';
}

export interface SettingsPort {
  /** @throws SettingUnavailable */
  read(wanted: WantedSetting): Promise<KeptSetting>;
  /** Processes that it touches without naming them. */
  members(wanted: WantedSetting): readonly number[];
  /** What comes of setting it beside the setting itself, in words. */
  warning(wanted: WantedSetting): string | undefined;
  /** Only looks. Never rejects. */
  see(kept: KeptSetting): Promise<SettingSeen>;
  /** Sets the original again where the value is ours, and looks. Right to run twice, late, and after a reboot. Never rejects. */
  putBack(kept: KeptSetting): Promise<SettingSeen>;
}

/** What a look after the end says of a fault. */
export function outcomeOfSetting({ state }: SettingSeen): Outcome {
  switch (state) {
    case 'original':
      return 'restored';
    case 'changed':
      return 'changed-meanwhile';
    case 'ours':
      return 'still-held';
    case 'gone':
    case 'unknown':
      return state;
  }
}

/** It was so before: there is nothing to set, and nothing to put back. */
export function isVoid({ ours, original, exceptions }: KeptSetting): boolean {
  return original === ours && exceptions.length === 0;
}

/** The same for every fault that would set this. */
export function settingKey({ what, of }: Pick<WantedSetting, 'what' | 'of'>): string {
  return `${what} of ${nameOf(of)}`;
}

/** "process 123", "system.slice/shop.service/cpu.max" */
export function nameOf(of: WantedSetting['of']): string {
  return typeof of === 'string' ? of : `process ${of.pid}`;
}
