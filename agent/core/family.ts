/** Parents and ancestors, and the selectors that ask about them. */
import { type Pid, pidMax } from '../../proto/identity.ts';
import { type Match, type Narrow, unexplained } from './match.ts';
import type { ProcessFacts, ProcessTable } from './process.ts';

export function parentOf(process: ProcessFacts, table: ProcessTable): ProcessFacts | undefined {
  const { parentPid } = process;
  return parentPid > 0 && parentPid <= pidMax ? table.processes.get(parentPid as Pid) : undefined;
}

/** The direct parent is kept by `narrow`. */
export function havingParent(narrow: Narrow): Narrow {
  return function* keep(candidates, world) {
    const parents = new Set(candidates.flatMap(({ process }) => parentOf(process, world.table) ?? []));
    yield;
    const reasons = reasonsOf(yield* narrow([...parents].map(unexplained), world));
    const kept: Match[] = [];
    for (const { process, matched } of candidates) {
      const why = reasons.get(process.parentPid);
      if (why !== undefined) kept.push({ process, matched: [...matched, `parent ${process.parentPid}: ${why}`] });
      yield;
    }
    return kept;
  };
}

/** The parent, or its parent, and so on, is kept by `narrow`. */
export function descendingFrom(narrow: Narrow): Narrow {
  return function* keep(candidates, world) {
    const ancestors = new Set<ProcessFacts>();
    for (const { process } of candidates) {
      // Upwards until where another candidate has been. A table is not one instant: a circle is thinkable, and ends here too.
      let ancestor = parentOf(process, world.table);
      while (ancestor && !ancestors.has(ancestor)) {
        ancestors.add(ancestor);
        ancestor = parentOf(ancestor, world.table);
      }
      yield;
    }
    const reasons = reasonsOf(yield* narrow([...ancestors].map(unexplained), world));
    const roots = new Map<ProcessFacts, number | undefined>();
    const kept: Match[] = [];
    for (const { process, matched } of candidates) {
      const root = rootAbove(process, world.table, reasons, roots);
      if (root !== undefined) kept.push({ process, matched: [...matched, `below ${root}: ${reasons.get(root)}`] });
      yield;
    }
    return kept;
  };
}

/** The first one upwards that has reasons. What was found for one process is noted for all that were passed on the way. */
function rootAbove(
  process: ProcessFacts,
  table: ProcessTable,
  reasons: ReadonlyMap<number, string>,
  roots: Map<ProcessFacts, number | undefined>,
): number | undefined {
  const passed: ProcessFacts[] = [];
  let root: number | undefined;
  for (let below: ProcessFacts | undefined = process; below && root === undefined; below = parentOf(below, table)) {
    if (roots.has(below)) {
      root = roots.get(below);
      break;
    }
    // Noted at once, so that a circle ends; corrected below.
    roots.set(below, undefined);
    passed.push(below);
    if (reasons.has(below.parentPid)) root = below.parentPid;
  }
  for (const each of passed) roots.set(each, root);
  return root;
}

function reasonsOf(matches: readonly Match[]): ReadonlyMap<number, string> {
  return new Map(matches.map(({ process, matched }) => [process.identity.pid, matched.join(', ')]));
}
