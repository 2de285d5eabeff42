/** A setting as the journal keeps it: short, since a record has to fit a slot, and parsed again as if a stranger wrote it. */
import { identityKey, type ProcessIdentity } from '../../proto/identity.ts';
import { InvalidInput, integerIn, text } from '../../proto/invalid-input.ts';
import type { Json } from '../../proto/struct.ts';
import { type KeptSetting, settingNames } from '../core/setting.ts';

const words = { lengthMin: 0, lengthMax: 1024 };

/** A process is named by its place among the targets. @throws InvalidInput for one that is none of them. */
export function keptToJson(kept: KeptSetting, targets: readonly ProcessIdentity[]): readonly Json[] {
  const { what, of, bootId, ours, original, sinceTicks, exceptions } = kept;
  const shared = [ours, original, sinceTicks, exceptions.flatMap((pair) => [...pair])];
  // The boot of a target is in the record already.
  if (typeof of === 'string') return [what, of, ...shared, bootId];
  const place = targets.findIndex((target) => identityKey(target) === identityKey(of));
  if (place < 0) throw new InvalidInput('record.undo', of.pid, 'must be for a target of the fault');
  return [what, place, ...shared];
}

/** @throws InvalidInput */
export function keptFromJson(json: readonly Json[], targets: readonly ProcessIdentity[], path: string): KeptSetting {
  const [name, of, ours, original, sinceTicks, exceptions, bootId] = json;
  const what = settingNames.find((candidate) => candidate === name);
  if (!what)
    throw new InvalidInput(path, name, `must be a setting that this version knows (${settingNames.join(', ')})`);
  if (!Array.isArray(exceptions) || exceptions.length % 2 !== 0) {
    throw new InvalidInput(`${path}.exceptions`, exceptions, 'must be a list of pairs');
  }
  const target = typeof of === 'string' ? undefined : targets[integerIn(of, `${path}.target`, 0, targets.length - 1)];
  return {
    what,
    of: target ?? text(of, `${path}.of`, { lengthMin: 1, lengthMax: 4096 }),
    bootId: target?.bootId ?? text(bootId, `${path}.bootId`, { lengthMin: 1, lengthMax: 64 }),
    ours: text(ours, `${path}.ours`, words),
    original: text(original, `${path}.original`, words),
    exceptions: exceptions.flatMap((tid, index) =>
      index % 2 === 1
        ? []
        : [
            [
              integerIn(tid, `${path}.exceptions`, 1, 4_194_304),
              text(exceptions[index + 1], `${path}.exceptions`, words),
            ] as const,
          ],
    ),
    sinceTicks: integerIn(sinceTicks, `${path}.sinceTicks`, 0, Number.MAX_SAFE_INTEGER),
  };
}
