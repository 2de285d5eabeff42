/** Changes as the agent looks at and undoes them: by a process of their own each time, for the agent runs no program. */
import { spawn } from 'node:child_process';
import type { ChangePort, ChangeSeen, ListedChange } from '../core/change.ts';
import { type KeeperOrder, keeperWord } from '../holders/change-keeper.ts';
import { orderKeeper } from '../holders/keeper.ts';
import { holderLaunch } from './holder-launch.ts';

const checkedWithinMs = 4000;
const undoneWithinMs = 15_000;

/** @param programPath of the holder. */
export function createChangePort(programPath: string): ChangePort {
  async function ask(task: KeeperOrder['task'], change: ListedChange, withinMs: number): Promise<ChangeSeen> {
    const { command, args, env } = holderLaunch(programPath, []);
    const child = spawn(command, [...args, keeperWord], {
      stdio: ['pipe', 'pipe', 'inherit'],
      cwd: '/',
      env: env as NodeJS.ProcessEnv,
    });
    const keeper = orderKeeper(child, { task, change });
    const report = await keeper.report(withinMs);
    if (report?.type === 'seen') return report.seen;
    child.kill('SIGKILL');
    return { state: 'unknown', how: `nobody says within ${withinMs} ms whether ${change.name} is in place` };
  }

  return {
    check: (change) => ask('check', change, checkedWithinMs),
    undo: (change) => ask('undo', change, undoneWithinMs),
  };
}
