// Reading figures out of results, any of which may be missing.

/** The value at a path of one result's document, or undefined. */
export function at(results, name, ...path) {
  return path.reduce(
    (value, key) => (value === null || value === undefined ? undefined : value[key]),
    results[name]?.result,
  );
}

/** "p50 4.4, p99 15.7, max 20.8 ms", or undefined. */
export function ms(spread) {
  if (spread === undefined || spread === null || typeof spread.p99Ms !== 'number') return undefined;
  return `p50 ${spread.p50Ms}, p99 ${spread.p99Ms}, max ${spread.maxMs} ms`;
}

export function named(name, text) {
  return text === undefined ? undefined : `${name}: ${text}`;
}

export function both(one, other, text) {
  return one === undefined || other === undefined ? undefined : text(one, other);
}

/** Of the dead-man benchmark. */
export function death(results, kind) {
  return ms(at(results, 'deadman', kind));
}

export function storm(results) {
  return both(
    at(results, 'storm', 'rounds'),
    at(results, 'storm', 'orphans'),
    (rounds, orphans) => `storm: ${rounds} rounds, ${orphans} left held${late(at(results, 'storm', 'violations'))}`,
  );
}

/** What was let go, but later than its bound. */
function late(violations) {
  const count = Object.values(violations ?? {}).reduce((sum, each) => sum + each, 0);
  return count === 0 ? '' : `, ${count} let go later than their bound`;
}
