/**
 * The host's policy while the agent runs: read again where its file changes, at SIGHUP and before each inject. A file that
 * is not right never loosens anything: the former policy stays in force, and nothing is injected until it is right.
 */
import { type BigIntStats, lstatSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { LoadedPolicy } from '../store/loaded-policy.ts';

export interface PolicyKeeperOptions {
  readonly path: string;
  /** @throws Error that says what is wrong with the file, line by line. */
  load(): Promise<LoadedPolicy>;
  /** Told once for each file that came to count, and for each that did not. */
  onNews(news: PolicyNews): void;
  /** How often the file is looked at when nobody asks. */
  readonly pollMs?: number;
}

export type PolicyNews =
  | { readonly kind: 'in-force'; readonly loaded: LoadedPolicy }
  | { readonly kind: 'unusable'; readonly problem: string };

export interface PolicyKeeper {
  /** In force now. */
  loaded(): LoadedPolicy;
  /** Why the file as it is now does not count, in words. */
  problem(): string | undefined;
  /** Looks whether the file has changed, and reads it if it has. Never rejects. */
  refresh(): Promise<void>;
  /** Reads it in any case. */
  reload(): Promise<void>;
  close(): void;
}

/** A file that is being written is left until it has been still for so long: half a policy may be a looser one. */
const stillMs = 100;
const stillWithinMs = 3000;

/** @throws Error where the first policy is not right: there is no former one to go on with. */
export async function keepPolicy({ path, load, onNews, pollMs = 1000 }: PolicyKeeperOptions): Promise<PolicyKeeper> {
  let seen = fingerprintOf(path);
  let loaded = await load();
  let hasFile = seen !== absent;
  let problem: string | undefined;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    const before = problem;
    try {
      seen = await stillFingerprint(path);
      const next = await load();
      if (seen === absent && hasFile)
        throw new Error(`${path} was removed; put a policy there, or restart the agent to do without`);
      loaded = next;
      hasFile = seen !== absent;
      problem = undefined;
      onNews({ kind: 'in-force', loaded });
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      if (problem !== before) onNews({ kind: 'unusable', problem });
    }
  }

  /** One at a time: who asks meanwhile waits for the same look. */
  function readOnce(): Promise<void> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function refresh(): Promise<void> {
    // A change that comes while the file is read is seen by the next look, which is this one for who asks now.
    await reading;
    // What stood in the way may have been the moment, and not the file.
    if (problem !== undefined || fingerprintOf(path) !== seen) await readOnce();
  }

  const timer = setInterval(() => void refresh(), pollMs).unref();
  return {
    loaded: () => loaded,
    problem: () => problem,
    refresh,
    reload: readOnce,
    close: () => clearInterval(timer),
  };
}

const absent = 'absent';

/** Changes with the content, the owner and the mode, and when another file takes its place. */
function fingerprintOf(path: string): string {
  let stat: BigIntStats | undefined;
  try {
    stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    return `cannot be looked at: ${(error as NodeJS.ErrnoException).code}`;
  }
  return stat ? [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ') : absent;
}

/** @throws Error for a file that does not come to rest. */
async function stillFingerprint(path: string): Promise<string> {
  const startedAtMs = performance.now();
  for (let before = fingerprintOf(path); ; ) {
    await wait(stillMs);
    const now = fingerprintOf(path);
    if (now === before) return now;
    if (performance.now() - startedAtMs > stillWithinMs) throw new Error(`${path} is being written all the time`);
    before = now;
  }
}
