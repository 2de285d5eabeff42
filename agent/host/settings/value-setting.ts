/** A setting that has one value and no threads. */
import { type KeptSetting, type SettingSeen, SettingUnavailable, settingKey } from '../../core/setting.ts';
import type { SettingKind } from './setting-kind.ts';

type Awaitable<Value> = Value | Promise<Value>;

export interface ValueSetting
  extends Pick<SettingKind, 'what' | 'isByProgram' | 'refusal' | 'members' | 'warning' | 'putBackWords'> {
  /** Whether this is how such a thing is called. */
  isName(name: string): boolean;
  /** Whether this is a value of it. */
  isValue(text: string): boolean;
  /** Whether what was read is what was set, where that says less than the value; equal texts when left out. */
  isOurs?(value: string): boolean;
  /** Undefined where there is no such thing, or no more. */
  read(name: string): Awaitable<string | undefined>;
  /** Why it cannot become ours, by what it is now. */
  objection?(
    kept: Pick<KeptSetting, 'of' | 'ours' | 'original'> & { readonly of: string },
  ): Awaitable<string | undefined>;
  /** Whether ours has taken effect, where that can come later than the value. */
  isInEffect?(name: string): Awaitable<boolean>;
  /** @throws Error */
  write(name: string, value: string): Awaitable<void>;
}

export function valueSetting(kind: ValueSetting): SettingKind {
  const { what, isByProgram, refusal, members, warning, putBackWords } = kind;

  async function see(kept: KeptSetting): Promise<SettingSeen> {
    const name = nameIn(kept);
    const value = await kind.read(name);
    if (value === undefined) return { state: 'gone', how: `there is no ${name} any more` };
    if (value === kept.original) return { state: 'original', how: `${settingKey(kept)} is as before: ${value}` };
    if (!(kind.isOurs?.(value) ?? value === kept.ours))
      return { state: 'changed', how: `${settingKey(kept)} is ${value} meanwhile` };
    const isInEffect = (await kind.isInEffect?.(name)) ?? true;
    return { state: 'ours', how: `${settingKey(kept)} is ${value}`, ...(isInEffect ? {} : { isInEffect }) };
  }

  return {
    what,
    isByProgram,
    ...(refusal ? { refusal } : {}),
    ...(members ? { members } : {}),
    ...(warning ? { warning } : {}),
    ...(putBackWords ? { putBackWords } : {}),
    problem({ of, ours, original, exceptions = [] }) {
      if (typeof of !== 'string' || !kind.isName(of)) return `${JSON.stringify(of)} is not what has a ${what}`;
      if (exceptions.length > 0) return `${of} has no threads`;
      const strange = [ours, ...(original === undefined ? [] : [original])].find((value) => !kind.isValue(value));
      return strange === undefined ? undefined : `${JSON.stringify(strange)} is no ${what}`;
    },
    async read(wanted) {
      const name = nameIn(wanted);
      const original = await kind.read(name);
      if (original === undefined) throw new SettingUnavailable(`${name} has no ${what} here`);
      if (!kind.isValue(original))
        throw new SettingUnavailable(`${settingKey(wanted)} is ${original}, which could not be put back`);
      const objection = await kind.objection?.({ of: name, ours: wanted.ours, original });
      if (objection !== undefined) throw new SettingUnavailable(objection);
      return { original, exceptions: [] };
    },
    async set(kept) {
      const name = nameIn(kept);
      const value = await kind.read(name);
      if (value !== kept.original) throw new SettingUnavailable(`${settingKey(kept)} changed since it was planned`);
      try {
        await kind.write(name, kept.ours);
      } catch (error) {
        throw new SettingUnavailable(`${settingKey(kept)} cannot be ${kept.ours}: ${(error as Error).message}`);
      }
      const after = await see(kept);
      if (after.state !== 'ours') throw new SettingUnavailable(`${settingKey(kept)} was set, and yet: ${after.how}`);
    },
    see,
    putBack: (kept) => kind.write(nameIn(kept), kept.original),
  };
}

function nameIn({ of }: Pick<KeptSetting, 'of'>): string {
  if (typeof of === 'string') return of;
  throw new SettingUnavailable('it is of a process');
}
