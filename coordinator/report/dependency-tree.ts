/** What an experiment depends on, drawn as a tree. */
import type { FactsDocument } from '../client/programme-document.ts';

/** What each service depends on, by the entries of a catalog; a service that none is about has no branches. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/**
 * @returns nothing where it depends on nothing. A service that was drawn already further up its branch is named and not
 * followed again.
 */
export function dependencyTree(
  { labels, dependsOn }: Pick<FactsDocument, 'labels' | 'dependsOn'>,
  dependencies: Dependencies = new Map(),
): readonly string[] {
  if (dependsOn.length === 0) return [];
  const root = labels.service ?? 'this experiment';
  return [`${root}, which depends on`, ...branches(dependsOn, [root], dependencies)];
}

function branches(names: readonly string[], above: readonly string[], dependencies: Dependencies): readonly string[] {
  return names.flatMap((name, index) => {
    const isLast = index === names.length - 1;
    const isAbove = above.includes(name);
    const below = isAbove ? [] : branches(dependencies.get(name) ?? [], [...above, name], dependencies);
    const line = `${isLast ? '└─' : '├─'} ${name}${isAbove ? ' (drawn above)' : ''}`;
    return [line, ...below.map((each) => `${isLast ? '  ' : '│ '} ${each}`)];
  });
}
