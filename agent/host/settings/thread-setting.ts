/**
 * A setting that each thread of a process has for itself. What the process starts after it was set, threads and
 * processes, has it from the one that started it, so the original of the process is theirs too.
 */
import { readdirSync } from 'node:fs';
import type { ProcessIdentity } from '../../../proto/identity.ts';
import {
  type KeptSetting,
  type SettingName,
  type SettingSeen,
  SettingUnavailable,
  type WantedSetting,
} from '../../core/setting.ts';
import { hasCode } from '../native/system-call.ts';
import { readBootId } from '../process-identity.ts';
import { findDescendants } from '../process-tree.ts';
import { readStat, unlessGone } from '../read-stat.ts';
import type { Original, SettingKind } from './setting-kind.ts';

export interface ThreadAttribute {
  readonly what: SettingName;
  /** Whether this is a value of it. */
  isValue(text: string): boolean;
  /** @param folder of the thread below /proc. @returns undefined once it is gone. */
  read(folder: string): string | undefined;
  /** Why it cannot become ours, by what the threads have now. */
  objection?(ours: string, values: readonly string[]): string | undefined;
  /** @throws SystemCallError ESRCH, EPERM, EACCES, EINVAL. */
  write(tid: number, value: string): void;
}

/** More would not fit into a record of the journal. */
const exceptionsMax = 64;
/** A process that starts threads faster than they are set is never done. */
const roundsMax = 100;

interface Thread {
  readonly tid: number;
  readonly folder: string;
  readonly original: string;
  /** Of a process that the target started meanwhile: there is no original that it could be told from. */
  readonly isLater: boolean;
}

export function threadSetting(attribute: ThreadAttribute): SettingKind {
  const { what } = attribute;

  function threadsOf({ of, original, exceptions, sinceTicks }: KeptSetting): readonly Thread[] {
    const target = processOf(of);
    if (!isAlive(target)) return [];
    const own = new Map(exceptions);
    const later = findDescendants([target]).filter(({ startTimeTicks }) => startTimeTicks >= sinceTicks);
    return [target, ...later].flatMap((process) =>
      tidsOf(process).map((tid) => ({
        tid,
        folder: `/proc/${process.pid}/task/${tid}`,
        original: (process === target ? own.get(tid) : undefined) ?? original,
        isLater: process !== target,
      })),
    );
  }

  function see(kept: KeptSetting): SettingSeen {
    const { pid } = processOf(kept.of);
    const threads = threadsOf(kept);
    let held = 0;
    let changed = 0;
    let seen = 0;
    for (const { folder, original, isLater } of threads) {
      const value = attribute.read(folder);
      if (value === undefined) continue;
      seen += 1;
      if (value === kept.ours && original !== kept.ours) held += 1;
      else if (value !== original && !isLater) changed += 1;
    }
    if (seen === 0) return { state: 'gone', how: `process ${pid} no longer exists` };
    if (held > 0) return { state: 'ours', how: `${held} of ${seen} threads have ${what} ${kept.ours}` };
    if (changed > 0) return { state: 'changed', how: `${changed} of ${seen} threads have another ${what} meanwhile` };
    return { state: 'original', how: `${seen} of ${seen} threads have their ${what} of before: ${kept.original}` };
  }

  /** Writes to each thread, until no new one appears. @throws SystemCallError, Error */
  function writeAll(kept: KeptSetting, next: (thread: Thread, value: string) => string | undefined): void {
    for (let round = 1; ; round += 1) {
      let written = 0;
      for (const thread of threadsOf(kept)) {
        const value = attribute.read(thread.folder);
        const wanted = value === undefined ? undefined : next(thread, value);
        if (wanted === undefined) continue;
        written += 1;
        try {
          attribute.write(thread.tid, wanted);
        } catch (error) {
          if (!hasCode(error, 'ESRCH')) throw error;
        }
      }
      if (written === 0) return;
      if (round === roundsMax)
        throw new Error(`${what} of new threads of process ${processOf(kept.of).pid} keeps appearing`);
    }
  }

  return {
    what,
    isByProgram: false,

    problem({ of, ours, original, exceptions = [] }) {
      if (typeof of === 'string') return 'it is of no process';
      const values = [ours, ...(original === undefined ? [] : [original]), ...exceptions.map(([, value]) => value)];
      const strange = values.find((value) => !attribute.isValue(value));
      return strange === undefined ? undefined : `${JSON.stringify(strange)} is no ${what}`;
    },

    read({ of, ours }: WantedSetting): Original {
      const target = processOf(of);
      const values = new Map<number, string>();
      for (const tid of isAlive(target) ? tidsOf(target) : []) {
        const value = attribute.read(`/proc/${target.pid}/task/${tid}`);
        if (value !== undefined) values.set(tid, value);
      }
      if (values.size === 0) throw new SettingUnavailable(`process ${target.pid} is gone`);
      const objection = attribute.objection?.(ours, [...values.values()]);
      if (objection !== undefined) throw new SettingUnavailable(`process ${target.pid}: ${objection}`);
      const original = mostCommon([...values.values()]);
      const exceptions = [...values].filter(([, value]) => value !== original);
      if (exceptions.length <= exceptionsMax) return { original, exceptions };
      throw new SettingUnavailable(
        `${exceptions.length} threads of process ${target.pid} have a ${what} of their own, at most ${exceptionsMax} can be journalled`,
      );
    },

    set(kept) {
      const { pid } = processOf(kept.of);
      if (!isAlive(processOf(kept.of))) throw new SettingUnavailable(`process ${pid} is gone`);
      try {
        writeAll(kept, ({ tid, original, isLater }, value) => {
          if (value === kept.ours || isLater) return undefined;
          if (value === original) return kept.ours;
          throw new SettingUnavailable(`the ${what} of thread ${tid} of process ${pid} changed since it was planned`);
        });
      } catch (error) {
        if (error instanceof SettingUnavailable) throw error;
        throw new SettingUnavailable(
          `the ${what} of process ${pid} cannot be ${kept.ours}: ${(error as Error).message}`,
        );
      }
    },

    see,

    putBack(kept) {
      writeAll(kept, ({ original }, value) => (value === kept.ours && original !== value ? original : undefined));
    },
  };
}

function processOf(of: WantedSetting['of']): ProcessIdentity {
  if (typeof of === 'string') throw new SettingUnavailable('it is of no process');
  return of;
}

/** A pid that was reused, or an earlier boot, is gone; so is a zombie without threads. */
function isAlive({ bootId, pid, startTimeTicks }: ProcessIdentity): boolean {
  return bootId === readBootId() && readStat(`/proc/${pid}/stat`)?.startTimeTicks === startTimeTicks;
}

function tidsOf({ pid }: ProcessIdentity): readonly number[] {
  return (unlessGone(() => readdirSync(`/proc/${pid}/task`)) ?? []).map(Number).filter((tid) => {
    const state = readStat(`/proc/${pid}/task/${tid}/stat`)?.state;
    return state !== undefined && state !== 'Z' && state !== 'X';
  });
}

function mostCommon(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].sort(([, one], [, other]) => other - one);
  return first?.[0] ?? '';
}
