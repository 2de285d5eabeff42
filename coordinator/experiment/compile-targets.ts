/** Who an experiment is aimed at: selectors and choices as written, to those that the fleet and the agents work with. */
import type { Pid } from '../../proto/identity.ts';
import type { Choice, Selector, Targeting } from '../../proto/selector.ts';
import type { HostChoice, HostSelector } from '../core/experiment.ts';
import type { WrittenHosts, WrittenProcesses, WrittenSelector } from './experiment-schema.ts';
import type { Path } from './yaml-text.ts';

/** Says what is wrong at a path of the file, at its value unless told otherwise; reading goes on. */
export type Report = (path: Path, message: string, at?: 'key' | 'value') => void;

export function compileHosts(written: WrittenHosts, path: Path, report: Report): HostSelector {
  const { labels, names, mode, count, percent } = written;
  if (labels === undefined && names === undefined && mode === undefined) {
    report(path, 'must set at least one of labels, names, mode');
  }
  return {
    labels: labels ?? {},
    names: names ?? [],
    choice: hostChoice(mode ?? impliedMode(written), { count, percent }, path, report),
  };
}

/** @param seed used where the file sets none. */
export function compileProcesses(written: WrittenProcesses, path: Path, seed: string, report: Report): Targeting {
  const { mode, count, percent, seed: ownSeed, ...conditions } = written;
  const selector = compileSelector(conditions, path, report);
  const choice = hostChoice(mode ?? impliedMode(written), { count, percent }, path, report);
  return { selector, choice: seeded(choice, ownSeed ?? seed) };
}

/** `count: 2` alone can only mean `fixed`, and `percent: 25%` alone only `percent`. Otherwise one, the least there is. */
function impliedMode(written: { count?: number | undefined; percent?: number | undefined }): HostChoice['mode'] {
  if (written.count !== undefined && written.percent === undefined) return 'fixed';
  return written.percent !== undefined && written.count === undefined ? 'percent' : 'one';
}

function hostChoice(
  mode: HostChoice['mode'],
  { count, percent }: { count: number | undefined; percent: number | undefined },
  path: Path,
  report: Report,
): HostChoice {
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

function seeded(choice: HostChoice, seed: string): Choice {
  switch (choice.mode) {
    case 'one':
      return { mode: 'one', seed };
    case 'all':
      return { mode: 'all' };
    case 'fixed':
      return { mode: 'fixed', count: choice.count, seed };
    case 'percent':
      return { mode: 'percent', percent: choice.percent, seed };
  }
}

/** "Everything" is never what a selector means: an empty one is an error, at each depth. */
function compileSelector(written: WrittenSelector, path: Path, report: Report): Selector {
  const { parent, pid, ...conditions } = written;
  const texts = Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== undefined));
  const selector: Selector = {
    ...texts,
    // The schema checked its range.
    ...(pid === undefined ? {} : { pid: pid as Pid }),
    ...(parent === undefined ? {} : { parent: parentSelector(parent, [...path, 'parent'], report) }),
  };
  if (Object.keys(selector).length === 0) report(path, 'must set at least one of name, cmdline, pid, user, parent');
  return selector;
}

function parentSelector(parent: number | WrittenSelector, path: Path, report: Report): Selector {
  return typeof parent === 'number' ? { pid: parent as Pid } : compileSelector(parent, path, report);
}
