/** What an experiment must say about itself to be an entry of a catalog. */
import type { Experiment } from './experiment.ts';

export interface MissingKey {
  /** As a file spells it. */
  readonly key: string;
  /** What to write. */
  readonly remedy: string;
}

export function missingMetadata(experiment: Experiment): readonly MissingKey[] {
  const { goal, hypothesis, tier, blastRadius, preconditions, recipes = [], probes, rollback, runbook } = experiment;
  const needs: readonly (readonly [isThere: boolean, key: string, remedy: string])[] = [
    [goal !== '', 'goal', 'say what the system should be able to do'],
    [hypothesis !== '', 'hypothesis', 'say what will be seen if it can'],
    [tier !== undefined, 'metadata.tier', 'P0 (most important) to P3'],
    [Object.keys(blastRadius).length > 0, 'blastRadius', 'bound the hosts and processes that it may touch'],
    [preconditions.length + recipes.length > 0, 'preconditions', 'name a probe or a recipe that must be good first'],
    [probes.length > 0, 'probes', 'name at least one metric to watch'],
    [rollback !== undefined, 'rollback', 'list the steps, or [] where letting go undoes everything'],
    [runbook !== '', 'runbook', 'link to what people do when it goes wrong'],
  ];
  return needs.filter(([isThere]) => !isThere).map(([, key, remedy]) => ({ key, remedy }));
}
