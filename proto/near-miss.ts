/** "did you mean …": the known word that a mistyped one is closest to. */

/** The closest known word at a distance of at most a third of its length (at least one edit), ignoring case. */
export function nearMiss(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((one, other) => one.distance - other.distance);
  return ranked[0]?.candidate;
}

/** `; did you mean "hosts"?`, or nothing. */
export function suggestion(word: string, known: readonly string[]): string {
  const found = nearMiss(word, known);
  return found === undefined ? '' : `; did you mean "${found}"?`;
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. Words are cut at 64. */
function editDistance(one: string, other: string): number {
  const a = one.slice(0, 64);
  const b = other.slice(0, 64);
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      let best = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + cost);
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) best = Math.min(best, at(beforeLast, column - 2) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
