/** The throw-away tree of the selftest: a directory, a second agent and a victim, and the way to have them whole again. */
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, NotTried } from './attempt.ts';
import { mountSmallDisk } from './full-disk.ts';
import { type SecondAgent, startSecondAgent } from './second-agent.ts';
import { startBurner, startVictim, type ThrowAwayVictim } from './throw-away-victim.ts';
import { within } from './within.ts';

export interface WorkBench {
  readonly bench: Bench;
  /** After an attempt, however it ended: nothing is held, and the agent serves. @throws Error when that cannot be had. */
  tidy(): Promise<void>;
  /** Ends everything that was started, and removes the directory. Idempotent. */
  clear(): Promise<void>;
}

const prefix = 'leash-selftest-';
const quietWithinMs = 15_000;

/** @throws Error when the second agent or the victim does not start; whatever was started is ended by `clear`. */
export async function setUpBench(isOnSmallDisk: boolean): Promise<WorkBench> {
  removeLeftBehind();
  const directory = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  if (isOnSmallDisk) mountSmallDisk(directory);
  const endings: (() => Promise<void>)[] = [];
  let extras: (() => Promise<void>)[] = [];
  let isCleared = false;

  /** An attempt that was interrupted may go on for a moment: it starts nothing any more. */
  function requireOpen(): void {
    if (isCleared) throw new Error('interrupted');
  }

  async function clear(): Promise<void> {
    isCleared = true;
    for (const end of [...extras, ...endings.reverse()]) await end().catch(() => undefined);
    extras = [];
    endings.length = 0;
    if (isOnSmallDisk) return;
    rmSync(directory, { recursive: true, force: true });
  }

  let agent: SecondAgent;
  let victim: ThrowAwayVictim;
  try {
    agent = await startSecondAgent({ directory });
    endings.push(() => agent.end());
    victim = await startVictim(directory);
    endings.push(() => victim.end());
  } catch (error) {
    await clear();
    throw error;
  }

  return {
    bench: {
      agent,
      victim,
      async agentAs(uid) {
        requireOpen();
        if (process.geteuid?.() !== 0)
          throw new NotTried('another user without ptrace is needed, which only root can become');
        const own = join(directory, `as-${uid}`);
        // That user must reach its own directory, and sees nothing of the others.
        chmodSync(directory, 0o711);
        mkdirSync(own, { mode: 0o700 });
        chownSync(own, uid, uid);
        try {
          const other = await startSecondAgent({ directory: own, asUid: uid });
          extras.push(() => other.end());
          return other;
        } catch (error) {
          throw new NotTried(
            `an agent of uid ${uid} does not start: ${error instanceof Error ? error.message : error}`,
          );
        }
      },
      async burn(processors) {
        requireOpen();
        for (let index = 0; index < processors; index += 1) {
          const burner = startBurner();
          extras.push(() => burner.end());
        }
      },
    },
    async tidy() {
      for (const end of extras) await end();
      extras = [];
      agent.signal('SIGCONT');
      if (!(await isServing(agent))) await agent.restart();
      await agent.client.call('restore', { everything: true, reason: 'selftest' } as never, 6000);
      await within(quietWithinMs, 'nothing is held after the attempt', async () => {
        const { active } = await agent.client.call('describe', {}, 2000);
        return (active ?? []).length === 0;
      });
      await victim.everyThreadRanAfter(process.hrtime.bigint());
    },
    clear,
  };
}

async function isServing(agent: SecondAgent): Promise<boolean> {
  try {
    await agent.client.call('describe', {}, 2000);
    return true;
  } catch {
    return false;
  }
}

/** Directories of selftests of this user that were killed themselves. */
function removeLeftBehind(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]);
    const path = join(tmpdir(), name);
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() && stat.uid === process.geteuid?.()) rmSync(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  return lstatSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined;
}
