/** The YAML files of a folder. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const filesMax = 2000;
const depthMax = 8;

/**
 * In order of path; folders whose names begin with a dot are left out.
 *
 * @throws Error for a folder that cannot be read, or holds too many files.
 */
export function filesBelow(folder: string, depth = 0): readonly string[] {
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
