/** Rollbacks on disk: one file each, replaced whole. What is read back is typed anew, and bounded by the host's policy. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput, text } from '../../proto/invalid-input.ts';
import { actionsFromWire, actionToWire, outcomeFromWire, outcomeToWire } from '../../proto/rollback-action.ts';
import { ensurePrivateDirectory, replaceFile } from '../../shared/durable-file.ts';
import type { RollbackRecord } from '../core/rollback-record.ts';

export interface RollbackFiles {
  readonly found: readonly RollbackRecord[];
  /** Files that are no rollback of this version. */
  readonly problems: readonly string[];
  save(record: RollbackRecord): Promise<void>;
  forget(id: string): Promise<void>;
}

const version = 1;
const states = ['armed', 'running', 'done'] as const;
/** How long what came of a rollback stays to answer a repeated order. */
const doneKeptMs = 7 * 86_400_000;
const fileBytesMax = 262_144;

/** @param stateDirectory absolute; `rollbacks/` in it is made with mode 0700 where it is missing. */
export async function openRollbackFiles(stateDirectory: string, nowUnixMs: number): Promise<RollbackFiles> {
  const directory = join(stateDirectory, 'rollbacks');
  await ensurePrivateDirectory(directory);
  const found: RollbackRecord[] = [];
  const problems: string[] = [];
  for (const name of readdirSync(directory).filter((each) => each.endsWith('.json'))) {
    const path = join(directory, name);
    try {
      const { size, mtimeMs } = statSync(path);
      if (size > fileBytesMax) throw new Error(`${size} bytes, at most ${fileBytesMax} are read`);
      const record = recordFrom(JSON.parse(readFileSync(path, 'utf8')));
      if (record.state === 'done' && nowUnixMs - mtimeMs > doneKeptMs) unlinkSync(path);
      else found.push(record);
    } catch (error) {
      problems.push(`${path}: ${(error as Error).message}`);
    }
  }
  const turns = new Map<string, Promise<void>>();
  /** In the order of the calls, for each file. */
  const inTurn = (id: string, act: () => Promise<void>): Promise<void> => {
    const turn = (turns.get(id) ?? Promise.resolve()).catch(() => undefined).then(act);
    turns.set(id, turn);
    return turn;
  };
  const pathOf = (id: string): string => join(directory, `${createHash('sha256').update(id).digest('hex')}.json`);
  return {
    found,
    problems,
    save: (record) =>
      inTurn(record.id, () => replaceFile(pathOf(record.id), `${JSON.stringify(documentOf(record))}\n`)),
    forget: (id) => inTurn(id, () => unlink(pathOf(id))),
  };
}

function documentOf({ id, actions, keys, state, outcomes }: RollbackRecord): object {
  return { version, id, keys, state, actions: actions.map(actionToWire), outcomes: outcomes.map(outcomeToWire) };
}

/** @throws InvalidInput */
function recordFrom(document: unknown): RollbackRecord {
  const json = document as { [Key in 'version' | 'id' | 'keys' | 'state' | 'actions' | 'outcomes']?: never };
  if (json.version !== version) throw new InvalidInput('version', json.version, `must be ${version}`);
  const state = states.find((each) => each === json.state);
  if (!state) throw new InvalidInput('state', json.state, `must be one of ${states.join(', ')}`);
  return {
    id: text(json.id, 'id', { lengthMin: 1, lengthMax: 128 }),
    actions: actionsFromWire(json.actions, 'actions'),
    keys: list(json.keys, 'keys').map((key, index) => text(key, `keys[${index}]`, { lengthMin: 1, lengthMax: 128 })),
    state,
    outcomes: list(json.outcomes, 'outcomes').map((each, index) =>
      outcomeFromWire(each as never, `outcomes[${index}]`),
    ),
  };
}

function list(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new InvalidInput(path, value, 'must be a list');
  return value;
}
