/**
 * Takes tasks, which is what the kernel calls processes and threads alike: each has a pid, and counts wherever processes
 * do. They are threads of the holder, so that there is no instant at which one of them could outlive it.
 */
import { InvalidInput } from '../../proto/invalid-input.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { HeldResource, Usage } from '../holders/stress-kernel.ts';
import type { FaultKind } from './fault-kind.ts';
import { limitedTasks, nativeCalls } from './needs.ts';
import { count, type ParametersOf, percent } from './parameter.ts';
import { refuseBelow, takeInParts, watchFloor } from './watch-floor.ts';

const partMax = 256;
/** Tasks of the limited cgroup that stay free, so that a stressor beside this one can still be started. */
const cgroupFloor = 16;
/** What the kernel keeps of each: its stack and its records. */
const taskBytes = 32 * 1024;

const parameters = {
  count: count({ minimum: 1, maximum: 32_768, isOptional: true, summary: 'Tasks (processes or threads) to take.' }),
  percent: percent({
    minimum: 0.1,
    maximum: 100,
    isOptional: true,
    summary: 'Of the tasks that the cgroup for stressors allows (pids.max), to take.',
  }),
  leaveFree: count({
    minimum: 256,
    maximum: 4_194_304,
    fallback: 1024,
    summary: 'Tasks that stay free on the host; when others need them, all are given back.',
  }),
};

export const stressPids: FaultKind<typeof parameters> = {
  kind: 'stress.pids',
  summary: 'Takes tasks of the host, within the limit of the cgroup for stressors.',
  aim: 'host',
  bindings: ['kernel'],
  holdsByPtrace: false,
  undo: 'none',
  needs: [nativeCalls, limitedTasks],
  asksHost: 'floors',
  parameters,
  check({ count: tasks, percent: share }) {
    if ((tasks === undefined) === (share === undefined)) {
      throw new InvalidInput('parameters', [tasks, share], 'must set exactly one of count and percent');
    }
  },
  magnitude(parsed, { stressTasksMax = 0 }) {
    const tasks = askedTasks(parsed, stressTasksMax);
    return { tasks, memoryBytes: tasks * taskBytes };
  },

  async hold({ kernel, parameters: parsed, briefing: { floors } = {} }) {
    const limit = kernel.stressTasks();
    if (!limit) {
      throw new HoldFailure('fault-unavailable', 'the stressor is in no cgroup with a pids.max of its own');
    }
    const asked = askedTasks(parsed, limit.max);
    const held: HeldResource[] = [];
    const giveBack = (): void => {
      for (const part of held.splice(0)) part.release();
    };
    const floor = Math.max(parsed.leaveFree, floors?.tasks ?? 0);
    const refuse = (wanted: number): void => {
      const inCgroup = kernel.stressTasks() ?? limit;
      refuseBelow(freeOf(inCgroup) - wanted, cgroupFloor, String, `${inCgroup.max} tasks of the cgroup for stressors`);
      refuseBelow(freeOf(kernel.tasks()) - wanted, floor, String, 'tasks of the host');
    };
    refuse(asked);
    const takePart = (part: number): void => {
      refuse(part);
      held.push(kernel.holdTasks(part));
    };
    await takeInParts(asked, partMax, takePart, giveBack);
    const watch = watchFloor(() => refuse(0), giveBack);
    return {
      touched: [`${asked} tasks, of ${limit.max} that the cgroup for stressors allows`],
      release() {
        watch.stop();
        giveBack();
      },
      finished: watch.crossed,
    };
  },

  gauge: ({ host, holders: [holder] }) => holder && host.threadCount(holder),

  seeEffect({ host, holders: [holder], parameters: { count: tasks }, gauged }) {
    const added = (holder ? host.threadCount(holder) : 0) - (gauged?.before?.value ?? 0);
    return { isSeen: added >= (tasks ?? 1), seen: `${added} more tasks in the stressor` };
  },

  /** By one number of the kernel: reading the state of each task would take the agent's time. */
  seeRestored({ host, holders }) {
    const left = holders.reduce((sum, holder) => sum + host.threadCount(holder), 0);
    const outcome = left === 0 ? 'restored' : 'still-held';
    return [{ outcome, seen: `${left} tasks are left of the stressor`, threads: 0, threadsRunning: 0 }];
  },
};

function askedTasks({ count: tasks, percent: share }: ParametersOf<typeof parameters>, max: number): number {
  return tasks ?? Math.round((max * (share ?? 0)) / 100);
}

function freeOf({ used, max }: Usage): number {
  return max - used;
}
