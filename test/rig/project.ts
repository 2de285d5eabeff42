/** Where the project is, also for code that was bundled into another folder of it. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = findUpwards(dirname(fileURLToPath(import.meta.url)));
export const distFolder = join(projectFolder, 'dist');

function findUpwards(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('no package.json above the tests');
  return findUpwards(parent);
}
