/** A catalog: a folder of experiment files that a repository keeps, each an entry with all that it must say about itself. */
import { readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { missingMetadata } from '../core/catalog-metadata.ts';
import type { Experiment } from '../core/experiment.ts';
import { type FileProblem, FileProblems } from '../experiment/file-problem.ts';
import { loadExperiment } from '../experiment/load-experiment.ts';
import { isPlaybook, loadPlaybook, type PlaybookText } from '../experiment/playbook.ts';
import { fileSizeMaxBytes, readYaml } from '../experiment/yaml-text.ts';
import { filesBelow } from './files-below.ts';

export interface CatalogEntry {
  /** Below the folder. */
  readonly path: string;
  readonly text: string;
  readonly experiment: Experiment;
}

export interface Catalog {
  readonly entries: readonly CatalogEntry[];
  /** By their names. */
  readonly playbooks: readonly string[];
  /** How many there are, good or not. */
  readonly files: number;
  /** Everything that is wrong with any file, in the order of the files. */
  readonly problems: readonly FileProblem[];
}

/**
 * Reads every .yaml and .yml file below the folder; playbooks first, since experiments name them.
 *
 * @throws Error for a folder that cannot be read, or holds too many files.
 */
export function readCatalog(folder: string): Catalog {
  const entries: CatalogEntry[] = [];
  const problems: FileProblem[] = [];
  const attempt = <Result>(read: () => Result): Result | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FileProblems)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const paths = filesBelow(folder);
  const texts = paths.flatMap((path): PlaybookText[] => {
    const { size } = statSync(path);
    if (size <= fileSizeMaxBytes) return [{ name: path, text: readFileSync(path, 'utf8') }];
    problems.push({ file: path, line: 1, column: 1, message: `${size} bytes, at most ${fileSizeMaxBytes} are read` });
    return [];
  });
  const found = texts.filter(({ text }) => isPlaybook(text));
  const playbooks = found.flatMap((file) => {
    const playbook = attempt(() => loadPlaybook(file));
    return playbook ? [{ ...playbook, file }] : [];
  });
  for (const { name: path, text } of texts.filter((each) => !found.includes(each))) {
    const good = playbooks.map((playbook) => playbook.file);
    const experiment = attempt(() => loadExperiment(path, text, good));
    if (!experiment) continue;
    entries.push({ path: relative(folder, path), text, experiment });
    problems.push(...metadataProblems(path, text, experiment));
  }
  const named = [
    ...entries.map(({ path, text, experiment }) => ({ what: 'an entry', path, text, name: experiment.name })),
    ...playbooks.map(({ name, file }) => ({
      what: 'a playbook',
      path: relative(folder, file.name),
      text: file.text,
      name,
    })),
  ];
  return {
    entries,
    playbooks: playbooks.map(({ name }) => name),
    files: paths.length,
    problems: [...problems, ...sameNames(folder, named)],
  };
}

/** What each service depends on, by the entries that are about it. */
export function dependenciesOf(entries: readonly CatalogEntry[]): ReadonlyMap<string, readonly string[]> {
  const dependencies = new Map<string, readonly string[]>();
  for (const { experiment } of entries) {
    const { service } = experiment.labels;
    if (service === undefined) continue;
    dependencies.set(service, [...new Set([...(dependencies.get(service) ?? []), ...experiment.dependsOn])]);
  }
  return dependencies;
}

/** At the key that it would stand below, since it is not there. */
function metadataProblems(file: string, text: string, experiment: Experiment): readonly FileProblem[] {
  const yaml = readYaml(text);
  return missingMetadata(experiment).map(({ key, remedy }) => {
    const place = key.startsWith('metadata.') ? yaml.placeOfKey(['metadata']) : yaml.placeOf([]);
    return { file, ...place, message: `${key} is required of a catalog entry: ${remedy}` };
  });
}

interface Named {
  readonly what: string;
  readonly path: string;
  readonly text: string;
  readonly name: string;
}

/** An entry is found again by its name: in runs, in reports, in its history; a playbook by the experiments that name it. */
function sameNames(folder: string, all: readonly Named[]): readonly FileProblem[] {
  const first = new Map<string, string>();
  return all.flatMap(({ what, path, text, name }) => {
    const key = `${what} ${name}`;
    const other = first.get(key);
    if (other === undefined) first.set(key, path);
    if (other === undefined) return [];
    const place = readYaml(text).placeOf(['metadata', 'name']);
    return [{ file: join(folder, path), ...place, message: `metadata.name: ${other} is named "${name}" already` }];
  });
}
