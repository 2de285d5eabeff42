/** Halt files: a file of this name existing is a halt, for whoever can reach the host but not the agent. */
import { type FSWatcher, lstatSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Whether a halt file is there. A path that cannot be looked at, for any reason but absence, counts as there. */
export function isHaltFilePresent(paths: readonly string[]): boolean {
  return presentHaltFile(paths) !== undefined;
}

/** The first halt file that is there. Synchronous and about 2 µs a path, so that each inject can ask. */
export function presentHaltFile(paths: readonly string[]): string | undefined {
  return paths.find(isThere);
}

export interface HaltFileWatch {
  close(): void;
}

/**
 * Calls back once for each halt file that appears, at once if one is there already. inotify(7) tells within milliseconds;
 * the poll covers directories that do not exist yet and file systems that do not tell.
 */
export function watchHaltFiles(
  paths: readonly string[],
  onPresent: (path: string) => void,
  pollMs = 500,
): HaltFileWatch {
  let present: readonly string[] = [];

  const look = () => {
    const before = present;
    present = paths.filter(isThere);
    for (const path of present) if (!before.includes(path)) onPresent(path);
  };

  const watchers = new Map<string, FSWatcher>();
  const watchDirectories = () => {
    for (const directory of new Set(paths.map((path) => dirname(path)))) {
      if (!watchers.has(directory)) watchDirectory(directory);
    }
  };
  const watchDirectory = (directory: string) => {
    const names = new Set(paths.filter((path) => dirname(path) === directory).map((path) => basename(path)));
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        if (name === null || names.has(name)) look();
      });
      const forget = () => {
        watcher.close();
        watchers.delete(directory);
      };
      watcher.on('error', forget);
      watchers.set(directory, watcher);
    } catch {
      // Not there, or no watches left: the poll looks, and tries again.
    }
  };

  const timer = setInterval(() => {
    watchDirectories();
    look();
  }, pollMs).unref();
  watchDirectories();
  look();
  return {
    close() {
      clearInterval(timer);
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // What cannot be looked at may be there.
    return true;
  }
}
