/** The playbooks that an experiment file may name: those of the catalog, and those that stand beside it. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isPlaybook, type PlaybookText } from '../experiment/playbook.ts';
import { fileSizeMaxBytes } from '../experiment/yaml-text.ts';
import { filesBelow } from './files-below.ts';

/** Only where the file names one, and only those whose name is in it. @throws Error for a folder that cannot be read. */
export function playbooksFor(path: string, text: string, catalog: string): readonly PlaybookText[] {
  if (!/\bplaybook:/.test(text)) return [];
  const folder = dirname(path);
  const beside = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(folder, entry.name));
  const files = new Set([...(existsSync(catalog) ? filesBelow(catalog) : []), ...beside]);
  return [...files].flatMap((file) => {
    if (statSync(file).size > fileSizeMaxBytes) return [];
    const found = { name: file, text: readFileSync(file, 'utf8') };
    return isPlaybook(found.text) && text.includes(nameIn(found.text)) ? [found] : [];
  });
}

/** Good enough to leave out what is not asked for; it is read with care where it is used. */
function nameIn(text: string): string {
  return /\bname:[ \t]*["']?([a-z0-9][a-z0-9._-]*)/.exec(text)?.[1] ?? '';
}
