/** A setting that has one value and no threads. */
import { type KeptSetting, type SettingSeen, SettingUnavailable, settingKey } from '../../core/setting.ts';
import type { SettingKind } from './setting-kind.ts';

type Awaitable<Value> = Value | Promise<Value>;
type NamedSetting = Pick<KeptSetting, 'ours' | 'original'> & { readonly of: string };

export interface ValueSetting
  extends Pick<SettingKind, 'what' | 'isByProgram' | 'refusal' | 'members' | 'warning' | 'putBackWords'> {
  /** Whether this is how such a thing is called. */
  isName(name: string): boolean;
  /** Whether this is a value of it. */
  isValue(text: string): boolean;
  /** Whether what was read is what was set, where that says less than the value; equal texts when left out. */
  isOurs?(value: string): boolean;
  /** Whether what was read is a step from the one to the other or back: who is killed in between leaves it there. */
  isHalfWay?(value: string, kept: NamedSetting): boolean;
  /** What to write over the value, so that what is ours in it is as before; the original when left out. */
  wayBack?(value: string, kept: NamedSetting): string;
  /** Undefined where there is no such thing, or no more. */
  read(name: string): Awaitable<string | undefined>;
  /** Why it cannot become ours, by what it is now. */
  objection?(kept: NamedSetting): Awaitable<string | undefined>;
  /** Whether ours has taken effect, where that can come later than the value. */
  isInEffect?(name: string): Awaitable<boolean>;
  /** @throws Error */
  write(name: string, value: string): Awaitable<void>;
}

export function valueSetting(kind: ValueSetting): SettingKind {
  const { what, isByProgram, refusal, members, warning, putBackWords } = kind;

  const isWhole = (value: string, kept: KeptSetting): boolean => kind.isOurs?.(value) ?? value === kept.ours;

  async function see(kept: KeptSetting): Promise<SettingSeen> {
    const name = nameIn(kept);
    const value = await kind.read(name);
    if (value === undefined) return { state: 'gone', how: `there is no ${name} any more` };
    if (value === kept.original) return { state: 'original', how: `${settingKey(kept)} is as before: ${value}` };
    if (!isWhole(value, kept)) {
      return kind.isHalfWay?.(value, { ...kept, of: name })
        ? { state: 'ours', how: `${settingKey(kept)} is half-way: ${value}`, isInEffect: false }
        : { state: 'changed', how: `${settingKey(kept)} is ${value} meanwhile` };
    }
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
      const after = await kind.read(name);
      if (after === undefined || !isWhole(after, kept)) {
        throw new SettingUnavailable(`${settingKey(kept)} was set, and yet: ${(await see(kept)).how}`);
      }
    },
    see,
    async putBack(kept) {
      const name = nameIn(kept);
      const value = kind.wayBack && (await kind.read(name));
      await kind.write(name, (value && kind.wayBack?.(value, { ...kept, of: name })) ?? kept.original);
    },
  };
}

function nameIn({ of }: Pick<KeptSetting, 'of'>): string {
  if (typeof of === 'string') return of;
  throw new SettingUnavailable('it is of a process');
}
