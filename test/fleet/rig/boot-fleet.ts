/** Booted hosts on one switch, with the programs that were built in them; and what undoes all of it. */
import { rmSync } from 'node:fs';
import { makeTestDirectory, type TestDirectory } from '../../rig/directory.ts';
import { makeHosts } from '../../rig/hosts.ts';
import { type BootedHost, makeBootedHost } from './booted-host.ts';
import { debianTree } from './debian-tree.ts';
import { stagePrograms } from './staged-programs.ts';

export interface BootedFleet {
  readonly hosts: readonly BootedHost[];
  readonly directory: TestDirectory;
  dispose(): Promise<void>;
}

export interface BootOptions {
  /**
   * `staged`, as when left out: the built programs are at /usr/lib/leash-agent, as a package would put them, and
   * `leash-agent` and `leash` are on the path; `none`: a bare host, for a package to be installed on.
   */
  readonly programs?: 'staged' | 'none';
  /** More directories of this machine that they see, read-only, by the path that they see them at. */
  readonly sees?: Readonly<Record<string, string>>;
  /** Debian packages that are installed there beside those of every host. */
  readonly debianPackages?: readonly string[];
  /** Directories of theirs where an overlay would not do: each host has its own, on the machine's file system itself. */
  readonly plain?: readonly string[];
}

/** @param names at most 200, each a host name and a part of an interface name. */
export async function bootFleet(
  names: readonly string[],
  { programs = 'staged', sees = {}, debianPackages = [], plain = [] }: BootOptions = {},
): Promise<BootedFleet> {
  const directory = makeTestDirectory();
  const undo: (() => void | Promise<void>)[] = [() => directory.remove()];
  const dispose = async (): Promise<void> => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    const tree = await debianTree(debianPackages);
    const network = makeHosts(names);
    undo.push(() => network.dispose());
    const staged = programs === 'staged' ? stagePrograms(directory.sub('programs')) : undefined;
    const hosts = network.hosts.map((host) => {
      const place = directory.sub(host.name);
      undo.push(() => rmSync(place, { recursive: true, force: true }));
      const booted = makeBootedHost({
        directory: place,
        tree,
        network: host,
        sees: { ...staged?.sees, ...sees },
        plain,
      });
      undo.push(() => booted.dispose());
      return booted;
    });
    for (const host of hosts)
      for (const { path, text, mode } of staged?.files ?? []) await host.write(path, text, mode);
    await Promise.all(hosts.map((host) => host.boot()));
    return { hosts, directory, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
