/** A catalog: a folder of experiment files that a repository keeps, each an entry with all that it must say about itself. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { missingMetadata } from '../core/catalog-metadata.ts';
import type { Experiment } from '../core/experiment.ts';
import { type FileProblem, FileProblems } from '../experiment/file-problem.ts';
import { loadExperiment } from '../experiment/load-experiment.ts';
import { fileSizeMaxBytes, readYaml } from '../experiment/yaml-text.ts';

export interface CatalogEntry {
  /** Below the folder. */
  readonly path: string;
  readonly text: string;
  readonly experiment: Experiment;
}

export interface Catalog {
  readonly entries: readonly CatalogEntry[];
  /** Everything that is wrong with any file, in the order of the files. */
  readonly problems: readonly FileProblem[];
}

const filesMax = 2000;
const depthMax = 8;

/**
 * Reads every .yaml and .yml file below the folder, in order of path; folders whose names begin with a dot are left out.
 *
 * @throws Error for a folder that cannot be read, or holds too many files.
 */
export function readCatalog(folder: string): Catalog {
  const entries: CatalogEntry[] = [];
  const problems: FileProblem[] = [];
  for (const path of filesBelow(folder)) {
    const name = relative(folder, path);
    const { size } = statSync(path);
    if (size > fileSizeMaxBytes) {
      problems.push({ file: path, line: 1, column: 1, message: `${size} bytes, at most ${fileSizeMaxBytes} are read` });
      continue;
    }
    try {
      const text = readFileSync(path, 'utf8');
      const experiment = loadExperiment(path, text);
      entries.push({ path: name, text, experiment });
      problems.push(...metadataProblems(path, text, experiment));
    } catch (error) {
      if (!(error instanceof FileProblems)) throw error;
      problems.push(...error.problems);
    }
  }
  return { entries, problems: [...problems, ...sameNames(folder, entries)] };
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

/** An entry is found again by its name: in runs, in reports, in its history. */
function sameNames(folder: string, entries: readonly CatalogEntry[]): readonly FileProblem[] {
  const first = new Map<string, string>();
  return entries.flatMap(({ path, text, experiment: { name } }) => {
    const other = first.get(name);
    if (other === undefined) first.set(name, path);
    if (other === undefined) return [];
    const place = readYaml(text).placeOf(['metadata', 'name']);
    return [{ file: join(folder, path), ...place, message: `metadata.name: ${other} is named "${name}" already` }];
  });
}

function filesBelow(folder: string, depth = 0): readonly string[] {
  if (depth > depthMax) throw new Error(`${folder}: folders nest more than ${depthMax} deep`);
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path, depth + 1);
      return entry.isFile() && /\.ya?ml$/.test(entry.name) ? [path] : [];
    });
  if (files.length > filesMax) throw new Error(`${folder}: ${files.length} files, at most ${filesMax} are read`);
  return files;
}
