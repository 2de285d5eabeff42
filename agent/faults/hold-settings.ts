/**
 * What the faults share that set a value and put the one of before back: the agent has read that and journalled it, the
 * holder sets ours, and whoever is left moves it back where it is still ours.
 */
import { isConfirmed, type Outcome } from '../../proto/fault.ts';
import { identityKey, type ProcessIdentity } from '../../proto/identity.ts';
import { isVoid, type KeptSetting, outcomeOfSetting, type SettingSeen, settingKey } from '../core/setting.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { HolderKernel } from '../holders/holder-kernel.ts';
import type { Hold, HoldContext, SeenTarget, Sight } from './fault-kind.ts';
import type { ParameterTable } from './parameter.ts';

/** What every fault has in common that sets values. */
export const settingFault = {
  bindings: ['journal'],
  holdsByPtrace: false,
  undo: 'settings',
  hold: holdSettings,
  seeEffect: seeSettings,
  seeRestored: seePutBack,
} as const;

const tendEveryMs = 100;

async function holdSettings<Table extends ParameterTable>({
  kept,
  kernel,
  targets,
}: HoldContext<Table>): Promise<Hold> {
  const held: KeptSetting[] = [];
  try {
    for (const each of kept) {
      const target = targets.find(({ identity }) => isOf(each, identity));
      // A number and a start time can be another process's by now; what the agent has opened cannot.
      if (target && !kernel.isAlive(target)) {
        throw new HoldFailure('target-gone', `process ${target.identity.pid} is gone`);
      }
      // Before it is set: one that fails half-way is put back too, where any of it is ours.
      held.push(each);
      await kernel.set(each);
    }
  } catch (error) {
    await putBackAll(held, kernel);
    throw error;
  }
  return {
    touched: kept.map((each) => `${settingKey(each)}: ${each.ours}, was ${each.original}`),
    async release(target?: ProcessIdentity) {
      const its = target ? held.filter((each) => isOf(each, target)) : held;
      const problems = await putBackAll(its.slice(0, -1), kernel);
      const last = its.at(-1);
      if (last && !target) kernel.endByPuttingBack(last);
      if (last) problems.push(...(await putBackAll([last], kernel)));
      if (problems.length > 0) throw new Error(problems.join('; '));
    },
    finished: new Promise<void>((resolve) => {
      if (targets.length === 0) return;
      const tending = setInterval(() => {
        if (targets.some((target) => kernel.isAlive(target))) return;
        clearInterval(tending);
        resolve();
      }, tendEveryMs);
    }),
  };
}

/** Each of them, whatever becomes of the others. @returns why some are not as they were. */
async function putBackAll(held: readonly KeptSetting[], kernel: HolderKernel): Promise<string[]> {
  const seen = [];
  for (const each of held) seen.push(await kernel.putBack(each));
  return seen.filter((each) => !isConfirmed(outcomeOfSetting(each))).map(({ how }) => how);
}

async function seeSettings<Table extends ParameterTable>(sight: Sight<Table>) {
  const seen = (await look(sight)).filter((_seen, index) => !isVoid(sight.kept?.[index] as KeptSetting));
  // One whose process has ended meanwhile is a matter of the end.
  const isSeen =
    seen.length > 0 &&
    seen.every((each) => each.state === 'gone' || (each.state === 'ours' && each.isInEffect !== false));
  return { isSeen, seen: seen.map(({ how }) => how).join('; ') };
}

/** One entry for each target, or one for the host. */
async function seePutBack<Table extends ParameterTable>(sight: Sight<Table>): Promise<readonly SeenTarget[]> {
  const seen = await look(sight);
  if (sight.targets.length === 0) return [entryOf(seen)];
  // One that the journal could not be trusted with has nothing to be looked at.
  return sight.targets.map(({ identity }) =>
    entryOf(seen.filter((_seen, index) => isOf(sight.kept?.[index], identity))),
  );
}

async function look<Table extends ParameterTable>({
  kept = [],
  settings,
}: Sight<Table>): Promise<readonly SettingSeen[]> {
  if (!settings) return [{ state: 'unknown', how: 'nothing that was set can be looked at here' }];
  return Promise.all(kept.map((each) => settings.see(each)));
}

const worstFirst: readonly Outcome[] = ['still-held', 'unknown', 'changed-meanwhile', 'restored', 'gone'];

function entryOf(seen: readonly SettingSeen[]): SeenTarget {
  const outcomes = seen.map(outcomeOfSetting);
  return {
    outcome: worstFirst.find((outcome) => outcomes.includes(outcome)) ?? 'unknown',
    seen: seen.map(({ how }) => how).join('; ') || 'the journal does not say what was set',
    threads: 0,
    threadsRunning: 0,
  };
}

function isOf(kept: KeptSetting | undefined, target: ProcessIdentity): boolean {
  return kept !== undefined && typeof kept.of !== 'string' && identityKey(kept.of) === identityKey(target);
}
