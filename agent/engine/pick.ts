/** Which of the matches are the targets: drawn by the choice in a dry run, named by the caller in an inject. */
import { identityKey, sameProcess } from '../../proto/identity.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import type { Refusal } from '../../proto/refusal.ts';
import type { Choice } from '../../proto/selector.ts';
import { choose } from '../core/choice.ts';
import type { ProcessFacts, ProcessTable } from '../core/process.ts';
import type { FaultKind } from '../faults/fault-kind.ts';
import type { FoundProcesses, Match, Wish } from './examine.ts';

export interface Picked {
  readonly targets: readonly Match[];
  readonly refusals: readonly Refusal[];
  readonly choiceReason?: string;
  /** Targets that do not match: they descend from one that does, and the fault takes the whole tree. */
  readonly members?: readonly Match[];
}

export interface Picking {
  readonly kind: FaultKind;
  readonly wish: Wish;
  readonly found: FoundProcesses;
  readonly table: ProcessTable;
  /** For a fault that takes the whole tree of each target: all that descends from these processes. */
  readonly below?: (roots: readonly Match[]) => Promise<FoundProcesses>;
}

export async function pick({ kind, wish, found, table, below }: Picking): Promise<Picked> {
  // What the selector means is not known in full, so nothing is chosen.
  if (found.refusals.length > 0) return { targets: [], refusals: found.refusals };
  if (kind.aim === 'host') return { targets: [], refusals: [] };
  const { matches } = found;
  if (!wish.targets) {
    const picked = drawn(wish.targeting?.choice ?? { mode: 'all' }, matches);
    return below && picked.refusals.length === 0 ? withTrees(picked, await below(picked.targets)) : picked;
  }
  if (!below) return pinned(wish.targets, matches, table);
  const named = new Set(wish.targets.map(identityKey));
  const isNamed = ({ process }: Match): boolean => named.has(identityKey(process.identity));
  const trees = await below(matches.filter(isNamed));
  const members = without(trees.matches, matches);
  const picked = pinned(wish.targets, [...matches, ...members], table);
  const joined = trees.matches.filter((member) => !isNamed(member)).map(({ process }) => hasJoined(process));
  return { ...picked, refusals: [...picked.refusals, ...trees.refusals, ...joined], members };
}

/** Protected members too: the limit on protected targets then refuses the whole. */
function withTrees(roots: Picked, trees: FoundProcesses): Picked {
  const members = without(trees.matches, roots.targets);
  const reason = roots.choiceReason ?? '';
  return {
    targets: [...roots.targets, ...members].sort((one, other) => one.process.identity.pid - other.process.identity.pid),
    refusals: trees.refusals,
    choiceReason: members.length === 0 ? reason : `${reason}; with ${members.length} below them`,
    members,
  };
}

function without(matches: readonly Match[], others: readonly Match[]): readonly Match[] {
  const known = new Set(others.map(({ process }) => identityKey(process.identity)));
  return matches.filter(({ process }) => !known.has(identityKey(process.identity)));
}

function hasJoined({ identity, name }: ProcessFacts): Refusal {
  const message = `process ${identity.pid} (${name}) descends from a target and was not planned: plan again`;
  return { reason: 'target-changed', message, value: String(identity.pid) };
}

/** A dry run draws among the matches that may be touched; a protected one is shown, and never drawn. */
function drawn(choice: Choice, matches: readonly Match[]): Picked {
  const free = matches.filter((match) => match.protectedBy.length === 0);
  if (free.length === 0 && matches.length > 0) {
    // Shown as targets, so that the limit says which process is protected, and why.
    return { targets: matches, refusals: [] };
  }
  const chosen = choose(
    free.map((match) => match.process),
    choice,
  );
  if (chosen.kind === 'refused') return { targets: [], refusals: [chosen.refusal] };
  const taken = new Set(chosen.processes);
  const guarded = matches.length - free.length;
  return {
    targets: matches.filter((match) => taken.has(match.process)),
    refusals: [],
    choiceReason: guarded === 0 ? chosen.reason : `${chosen.reason}; ${guarded} more are protected`,
  };
}

/** An inject names its targets. Each must still be the same process, and still match. */
function pinned(wanted: NonNullable<Wish['targets']>, matches: readonly Match[], table: ProcessTable): Picked {
  const targets: Match[] = [];
  const refusals: Refusal[] = [];
  const seen = new Set<string>();
  for (const identity of wanted) {
    if (seen.has(identityKey(identity))) {
      throw new InvalidInput('targets', identity.pid, 'must name each process once');
    }
    seen.add(identityKey(identity));
    const match = matches.find((candidate) => sameProcess(candidate.process.identity, identity));
    if (match) targets.push(match);
    else refusals.push(lost(identity, table.processes.get(identity.pid)));
  }
  if (wanted.length === 0) refusals.push({ reason: 'no-match', message: 'the inject names no target: plan first' });
  return { targets, refusals };
}

function lost(identity: NonNullable<Wish['targets']>[number], now: ProcessFacts | undefined): Refusal {
  const { pid, startTimeTicks, bootId } = identity;
  if (!now) return { reason: 'target-gone', message: `process ${pid} is gone`, value: String(pid) };
  if (!sameProcess(now.identity, identity)) {
    const was = bootId === now.identity.bootId ? `started at tick ${startTimeTicks}` : 'belonged to an earlier boot';
    const message = `process ${pid} is another one now: the planned one ${was}, this one (${now.name}) started at tick ${now.identity.startTimeTicks}`;
    return { reason: 'target-changed', message, value: String(pid) };
  }
  return {
    reason: 'target-changed',
    message: `process ${pid} (${now.name}) no longer matches the selector`,
    value: String(pid),
  };
}
