/** What the journal keeps of a fault, as JSON that fits a slot. Undos are a closed list of kinds: never a command or a path. */
import { type Binding, bindingWords } from '../../proto/fault.ts';
import { type ProcessIdentity, parsePid, sameProcess } from '../../proto/identity.ts';
import { InvalidInput, integerIn, numberIn, text } from '../../proto/invalid-input.ts';
import type { Json, JsonObject } from '../../proto/struct.ts';
import type { FaultFacts } from '../core/fault.ts';
import type { Lease } from '../core/lease.ts';
import type { KeptSetting } from '../core/setting.ts';
import { keptFromJson, keptToJson } from './setting-record.ts';

export type Undo =
  /** SIGCONT, unless the process had been stopped before us. */
  | { readonly type: 'continue'; readonly target: ProcessIdentity; readonly wasStopped: boolean }
  /** What the policy of the host says of the change with this name, if its check still sees it in place. */
  | { readonly type: 'change'; readonly name: string }
  /** The value of before, where it is still the one that was set. */
  | { readonly type: 'put-back'; readonly kept: KeptSetting }
  /** The kernel undoes it, or nothing can. */
  | { readonly type: 'none' };

export interface JournalRecord {
  readonly facts: FaultFacts;
  readonly lease: Lease;
  readonly undo: readonly Undo[];
  /** Once it was started. */
  readonly holder?: ProcessIdentity;
  /** `undone`: a replay has put every target back, and nobody has reported it yet. */
  readonly state: 'intended' | 'touched' | 'undone';
}

/** More targets than this may not fit into a slot. */
export const recordTargetsMax = 128;

const version = 1;
const states = ['intended', 'touched', 'undone'] as const;

/** Targets share one boot, so each is a pair [pid, start ticks]; an undo names its target by its place in that list. */
export function recordToBytes({ facts, lease, undo, holder, state }: JournalRecord): Buffer {
  const { targets, services: _, ...rest } = facts;
  const bootId = targets[0]?.bootId ?? holder?.bootId ?? '';
  const document = {
    version,
    state,
    bootId,
    facts: rest,
    lease,
    targets: targets.map((target) => [target.pid, target.startTimeTicks]),
    undo: undo.flatMap((one) => (one.type === 'none' ? [] : [undoToJson(one, targets)])),
    ...(holder ? { holder: [holder.pid, holder.startTimeTicks] } : {}),
  };
  return Buffer.from(JSON.stringify(document));
}

/** @throws InvalidInput for a record of another version, an undo of another kind, or a value that cannot be. */
export function recordFromBytes(bytes: Buffer): JournalRecord {
  const document = objectIn(JSON.parse(bytes.toString('utf8')), 'record');
  if (document.version !== version) {
    throw new InvalidInput('record.version', document.version, `must be ${version}: another version of Leash wrote it`);
  }
  const state = states.find((candidate) => candidate === document.state);
  if (!state) throw new InvalidInput('record.state', document.state, `must be one of ${states.join(', ')}`);
  const bootId = text(document.bootId, 'record.bootId', { lengthMin: 0, lengthMax: 64 });
  const targets = listIn(document.targets, 'record.targets').map((pair, index) =>
    identityIn(pair, bootId, `record.targets[${index}]`),
  );
  return {
    facts: factsIn(objectIn(document.facts, 'record.facts'), targets),
    lease: leaseIn(objectIn(document.lease, 'record.lease')),
    undo: listIn(document.undo, 'record.undo').map((one, index) => undoIn(one, targets, `record.undo[${index}]`)),
    ...(document.holder === undefined ? {} : { holder: identityIn(document.holder, bootId, 'record.holder') }),
    state,
  };
}

function undoToJson(undo: Exclude<Undo, { type: 'none' }>, targets: readonly ProcessIdentity[]): Json {
  if (undo.type === 'change') return ['change', undo.name];
  if (undo.type === 'put-back') return ['put-back', ...keptToJson(undo.kept, targets)];
  const place = targets.findIndex((target) => sameProcess(target, undo.target));
  if (place < 0) throw new InvalidInput('record.undo', undo.target.pid, 'must be for a target of the fault');
  return ['continue', place, undo.wasStopped];
}

function undoIn(value: unknown, targets: readonly ProcessIdentity[], path: string): Undo {
  const [type, place, wasStopped] = listIn(value, path);
  if (type === 'put-back') return { type, kept: keptFromJson(listIn(value, path).slice(1), targets, path) };
  if (type === 'change') return { type, name: text(place, `${path}.name`, { lengthMin: 1, lengthMax: 64 }) };
  if (type !== 'continue') {
    throw new InvalidInput(path, type, 'must be an undo that this version knows (continue, change, put-back)');
  }
  const target = targets[integerIn(place, `${path}.target`, 0, targets.length - 1)] as ProcessIdentity;
  if (typeof wasStopped !== 'boolean') throw new InvalidInput(path, wasStopped, 'must be true or false');
  return { type, target, wasStopped };
}

function identityIn(value: unknown, bootId: string, path: string): ProcessIdentity {
  const [pid, ticks] = listIn(value, path);
  return {
    bootId,
    pid: parsePid(pid, path),
    startTimeTicks: integerIn(ticks, path, 0, Number.MAX_SAFE_INTEGER),
  };
}

function factsIn(json: JsonObject, targets: readonly ProcessIdentity[]): FaultFacts {
  const word = (key: string) => text(json[key], `record.facts.${key}`, { lengthMin: 0, lengthMax: 1024 });
  const binding = word('binding') as Binding;
  bindingWords.fromWire(bindingWords.toWire(binding), 'record.facts.binding');
  return {
    faultId: word('faultId'),
    idempotencyKey: word('idempotencyKey'),
    requestDigest: word('requestDigest'),
    runId: word('runId'),
    experiment: word('experiment'),
    kind: word('kind'),
    parameters: objectIn(json.parameters, 'record.facts.parameters'),
    binding,
    holdsByPtrace: json.holdsByPtrace === true,
    targets,
    targetsDigest: word('targetsDigest'),
    injectedBy: word('injectedBy'),
    injectedAtUnixMs: numberIn(json.injectedAtUnixMs, 'record.facts.injectedAtUnixMs', 0, Number.MAX_SAFE_INTEGER),
  };
}

function leaseIn(json: JsonObject): Lease {
  const instant = (key: string) => numberIn(json[key], `record.lease.${key}`, 0, Number.MAX_SAFE_INTEGER);
  return { expiresAtBootMs: instant('expiresAtBootMs'), hardDeadlineBootMs: instant('hardDeadlineBootMs') };
}

function objectIn(value: unknown, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInput(path, value, 'must be an object');
  }
  return value as JsonObject;
}

function listIn(value: unknown, path: string): readonly Json[] {
  if (!Array.isArray(value)) throw new InvalidInput(path, value, 'must be a list');
  return value;
}
