/** The commands of a page of documentation, as they stand there: each fenced block says on which hosts it is typed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../rig/project.ts';

export interface Block {
  readonly hosts: readonly string[];
  readonly script: string;
  /** In the file, from 1. */
  readonly line: number;
}

export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(projectFolder, page), 'utf8');
  return [...text.matchAll(/^```sh (.+)\n([\s\S]*?)^```$/gm)].map(({ 1: hosts = '', 2: script = '', index }) => ({
    hosts: hosts.split(' '),
    script,
    line: text.slice(0, index).split('\n').length,
  }));
}
