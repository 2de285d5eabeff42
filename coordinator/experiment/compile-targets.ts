/** Who an experiment is aimed at: selectors and choices as written, to those that the fleet and the agents work with. */
import type { Choice, Targeting } from '../../proto/selector.ts';
import type { HostChoice, HostSelector } from '../core/experiment.ts';
import type { WrittenHosts, WrittenProcesses } from './experiment-schema.ts';
import { compileSelector } from './written-conditions.ts';
import type { Path } from './yaml-text.ts';

/** Says what is wrong at a path of the file, at its value unless told otherwise; reading goes on. */
export type Report = (path: Path, message: string, at?: 'key' | 'value') => void;

export function compileHosts(written: WrittenHosts, path: Path, report: Report): HostSelector {
  const { labels, names, mode } = written;
  if (labels === undefined && names === undefined && mode === undefined) {
    report(path, 'must set at least one of labels, names, mode');
  }
  return {
    labels: labels ?? {},
    names: names ?? [],
    choice: hostChoice(mode ?? impliedMode(written), written, path, report),
  };
}

/** @param seed used where the file sets none. */
export function compileProcesses(written: WrittenProcesses, path: Path, seed: string, report: Report): Targeting {
  const { mode = impliedMode(written), count, percent, order, seed: ownSeed = seed, ...conditions } = written;
  const choice = processChoice(mode, { count, percent }, path, report);
  if (order !== undefined && mode === 'all') report([...path, 'order'], 'goes with a mode that takes some, not all');
  return {
    selector: compileSelector(conditions, (keys, message) => report([...path, ...keys], message)),
    choice: choice.mode === 'all' ? choice : { ...choice, seed: ownSeed, ...(order === undefined ? {} : { order }) },
  };
}

interface Amounts {
  readonly count?: number | undefined;
  readonly percent?: number | undefined;
}

/** `count: 2` alone can only mean `fixed`, and `percent: 25%` alone only `percent`. Otherwise one, the least there is. */
function impliedMode(written: Amounts): HostChoice['mode'] {
  if (written.count !== undefined && written.percent === undefined) return 'fixed';
  return written.percent !== undefined && written.count === undefined ? 'percent' : 'one';
}

function hostChoice(mode: HostChoice['mode'], amounts: Amounts, path: Path, report: Report): HostChoice {
  const { count, percent } = amounts;
  if (count !== undefined && mode !== 'fixed') report([...path, 'count'], `goes with mode: fixed, not ${mode}`);
  if (percent !== undefined && mode !== 'percent') report([...path, 'percent'], `goes with mode: percent, not ${mode}`);
  switch (mode) {
    case 'one':
    case 'all':
      return { mode };
    case 'fixed':
      if (count === undefined) report([...path, 'mode'], 'fixed needs a count');
      return { mode, count: count ?? 1 };
    case 'percent':
      if (percent === undefined) report([...path, 'mode'], 'percent needs a percent');
      return { mode, percent: percent ?? 1 };
  }
}

type WithoutSeed<Some> = Some extends Choice ? Omit<Some, 'seed' | 'order'> : never;

function processChoice(
  mode: NonNullable<WrittenProcesses['mode']>,
  amounts: Amounts,
  path: Path,
  report: Report,
): WithoutSeed<Choice> {
  if (mode !== 'randomMaxPercent') return hostChoice(mode, amounts, path, report);
  const { count, percent } = amounts;
  if (count !== undefined) report([...path, 'count'], `goes with mode: fixed, not ${mode}`);
  if (percent === undefined) report([...path, 'mode'], `${mode} needs a percent`);
  return { mode: 'random-max-percent', percent: percent ?? 1 };
}
