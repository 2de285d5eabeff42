/**
 * Where a cgroup is, by its path or by the systemd unit that has it (cgroups(7)). Which version has a controller is the
 * host's choice, and may differ from one controller to the next.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCgroupName } from '../core/cgroup-name.ts';
import { unlessGone } from './read-stat.ts';

export interface CgroupFolder {
  readonly folder: string;
  readonly version: 1 | 2;
}

interface Hierarchy {
  readonly root: string;
  readonly version: 1 | 2;
  /** Of version 1: its controllers, or the name that it has instead. */
  readonly controllers: readonly string[];
}

/** Slices in slices: deeper than anybody nests them. */
const slicesMax = 6;
/**
 * @param controller as version 1 calls it: cpu, memory, blkio, pids, freezer, or name=systemd for the units themselves.
 * @param file that the folder must have, in either version.
 * @returns undefined where there is no such cgroup with that file.
 */
export function findCgroupFolder(
  name: string,
  controller: string,
  file: Readonly<Record<1 | 2, string>>,
  mountsPath = '/proc/self/mounts',
): CgroupFolder | undefined {
  if (!isCgroupName(name)) return undefined;
  const all = hierarchies(mountsPath);
  const unified = all.filter(({ version }) => version === 2);
  const own = all.filter(({ version, controllers }) => version === 1 && controllers.includes(controller));
  for (const { root, version } of [...unified, ...own]) {
    const folder = name.startsWith('/') ? join(root, name) : unitFolder(root, name, slicesMax);
    if (folder !== undefined && existsSync(join(folder, file[version]))) return { folder, version };
  }
  return undefined;
}

/** Of this cgroup and of those below it, in every hierarchy that has it. */
export function processesIn(name: string, mountsPath = '/proc/self/mounts'): readonly number[] {
  if (!isCgroupName(name)) return [];
  const folders = hierarchies(mountsPath).flatMap(({ root }) => {
    const folder = name.startsWith('/') ? join(root, name) : unitFolder(root, name, slicesMax);
    return folder === undefined ? [] : [folder];
  });
  return [...new Set(folders.flatMap(processesBelow))];
}

function processesBelow(folder: string): readonly number[] {
  const text = unlessGone(() => readFileSync(join(folder, 'cgroup.procs'), 'latin1')) ?? '';
  const own = text.split('\n').filter((line) => /^[1-9]\d*$/.test(line));
  return [...own.map(Number), ...foldersIn(folder).flatMap((name) => processesBelow(join(folder, name)))];
}

function unitFolder(root: string, unit: string, slicesLeft: number): string | undefined {
  const names = foldersIn(root);
  if (names.includes(unit)) return join(root, unit);
  if (slicesLeft === 0) return undefined;
  for (const name of names) {
    const found = name.endsWith('.slice') ? unitFolder(join(root, name), unit, slicesLeft - 1) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Links are no cgroups. */
function foldersIn(folder: string): readonly string[] {
  const entries = unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** The fields of a line are device, folder, type, options (proc_mounts(5)). */
function hierarchies(mountsPath: string): readonly Hierarchy[] {
  return readFileSync(mountsPath, 'latin1')
    .split('\n')
    .flatMap((line): readonly Hierarchy[] => {
      const [, root = '', type, options = ''] = line.split(' ');
      if (type !== 'cgroup' && type !== 'cgroup2') return [];
      return [{ root, version: type === 'cgroup2' ? 2 : 1, controllers: options.split(',') }];
    });
}
