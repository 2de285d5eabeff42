/** The contract of a setting: one file of this folder implements it, and one line of `index.ts` lists it. */
import type { HostPolicy } from '../../core/policy.ts';
import type { KeptSetting, SettingName, SettingSeen, WantedSetting } from '../../core/setting.ts';

/** What a kind finds out of a setting; the rest of what is kept is the same for all kinds. */
export type Original = Pick<KeptSetting, 'original' | 'exceptions'>;

type Awaitable<Value> = Value | Promise<Value>;

export interface SettingKind {
  readonly what: SettingName;
  /** Set and put back by a program, so never in the agent itself. */
  readonly isByProgram: boolean;
  /** Why this could be no setting of this kind, whoever wrote it down; undefined when it could be. */
  problem(kept: WantedSetting & Partial<Original>): string | undefined;
  /** Why the host's policy does not let faults set this; undefined when it does. Asked again before it is put back. */
  refusal?(of: WantedSetting['of'], policy: HostPolicy): string | undefined;
  /** Processes that it touches without naming them: their protection is asked before. */
  members?(of: WantedSetting['of']): readonly number[];
  /** What comes of setting it beside the setting itself, in words. */
  warning?(of: WantedSetting['of']): string | undefined;
  /** @throws SettingUnavailable */
  read(wanted: WantedSetting): Awaitable<Original>;
  /** Sets ours where the value is the original one. @throws SettingUnavailable; what was set by then is to be put back. */
  set(kept: KeptSetting): Awaitable<void>;
  see(kept: KeptSetting): Awaitable<SettingSeen>;
  /** Sets the original where the value is ours. */
  putBack(kept: KeptSetting): Awaitable<void>;
  /** The program that puts it back, for a process that becomes it: no fork stands between its end and the original. */
  putBackWords?(kept: KeptSetting): readonly string[];
}
