/** Holding a change: a keeper makes it, and undoes it when this process ends or says so. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { ListedChange } from '../core/change.ts';
import { keeperWord } from './change-keeper.ts';
import { HoldFailure } from './hold-failure.ts';
import type { HeldChange } from './holder-kernel.ts';
import { orderKeeper } from './keeper.ts';

const madeWithinMs = 4000;
const undoneWithinMs = 12_000;

/** @param programPath of this holder. @throws HoldFailure */
export async function startChange(programPath: string, change: ListedChange): Promise<HeldChange> {
  const child = startProcess(programPath);
  const keeper = orderKeeper(child, { task: 'keep', change });
  const report = await keeper.report(madeWithinMs);
  if (report?.type !== 'made') {
    keeper.letGo();
    const why = report?.type === 'failed' ? report.message : `${change.name} was not made within ${madeWithinMs} ms`;
    throw new HoldFailure('fault-unavailable', why);
  }
  return {
    pid: child.pid as number,
    ended: keeper.ended,
    async release() {
      keeper.letGo();
      const undone = await keeper.report(undoneWithinMs);
      if (undone?.type === 'seen' && undone.seen.state === 'not-in-place') return;
      throw new Error(undone?.type === 'seen' ? undone.seen.how : `nobody says that ${change.name} was undone`);
    },
  };
}

/** In this process's session, by which it is found from outside. @throws HoldFailure */
function startProcess(programPath: string): ChildProcess {
  const child = spawn(process.execPath, [...process.execArgv, programPath, keeperWord], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: '/',
    env: process.env,
  });
  child.on('error', () => {});
  if (child.pid === undefined) throw new HoldFailure('holder-failed', 'no process could be started');
  return child;
}
