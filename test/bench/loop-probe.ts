/** Watches the event loop of a real agent from inside it, by a module that is loaded before its own. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestDirectory } from '../rig/directory.ts';
import { projectFolder } from '../rig/project.ts';
import { until } from '../rig/until.ts';

/** Of all turns since it was last asked. */
export interface LongestTurn {
  readonly turns: number;
  /** By the clock: also what the thread waited for a CPU that others had. */
  readonly blockMs: number;
  /** The most that one turn was on a CPU: what the agent itself did. */
  readonly blockCpuMs: number;
  /** In the turn of `blockMs`. */
  readonly waitedInLongestMs: number;
}

export interface LoopProbe {
  readonly env: Readonly<Record<string, string>>;
  /** And begins anew. */
  ask(agent: { kill(signal: 'SIGUSR2'): boolean }): Promise<LongestTurn>;
}

export function createLoopProbe(directory: TestDirectory): LoopProbe {
  const answerPath = join(directory.path, 'longest-turn.json');
  const module = pathToFileURL(join(projectFolder, 'test/bench/loop-probe.mjs')).href;
  return {
    env: { NODE_OPTIONS: `--import=${module}`, LEASH_LOOP_PROBE: answerPath },
    async ask(agent) {
      rmSync(answerPath, { force: true });
      agent.kill('SIGUSR2');
      return until('the agent tells of its event loop', () => read(answerPath));
    },
  };
}

function read(path: string): LongestTurn | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
