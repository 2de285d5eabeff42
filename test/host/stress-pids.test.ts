/** `stress.pids` on the real kernel, in a cgroup of 300 tasks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unless } from '../rig/requirement.ts';
import { agentUsers } from './harness/agent.ts';
import { hasPidsController, makeLimitedCgroup, startStressAgent } from './harness/stress-place.ts';
import { until } from './harness/until.ts';
import { host } from './harness/victim.ts';

const tasksMax = 300;
const inLimitedCgroup = unless(process.getuid?.() === 0 && hasPidsController(), 'root and the pids controller');

function tasksIn(cgroup: string): number {
  return Number(readFileSync(join(cgroup, 'pids.current'), 'latin1'));
}

describe.each(agentUsers())('tasks taken by an agent %s', (user) => {
  inLimitedCgroup('are tasks of the host in the limited cgroup, and are gone when the holder is killed', async () => {
    const stressCgroup = makeLimitedCgroup(user, tasksMax);
    const agent = await startStressAgent(user);
    const parameters = { count: 200, leaveFree: 256 };
    const holder = await agent.start({ kind: 'stress.pids', parameters, stressCgroup, touch: false });
    await holder.report('bound');
    const own = host.threadCount(holder.identity);
    holder.touch();
    await holder.report('touched');
    expect(host.threadCount(holder.identity) - own).toBe(200);
    expect(tasksIn(stressCgroup)).toBe(own + 200);
    holder.signal(9);
    await holder.ended();
    expect(host.threadCount(holder.identity)).toBe(0);
    await until('none is left', () => tasksIn(stressCgroup) === 0, 1000);
  });

  inLimitedCgroup('are a share of its limit, never the last of it, and never the last of the host', async () => {
    const stressCgroup = makeLimitedCgroup(user, tasksMax);
    const agent = await startStressAgent(user);
    const start = (parameters: object, tasks = 0) =>
      agent.start({
        kind: 'stress.pids',
        parameters: { leaveFree: 256, ...parameters },
        stressCgroup,
        briefing: { floors: { memoryBytes: 0, diskBytes: 0, openFiles: 0, tasks } },
      });
    const share = await start({ percent: 50 });
    expect((await share.report('touched')).touched[0]).toMatch(/^150 tasks, of 300 /);
    share.release();
    expect(await share.ended()).toBe('exit 0');
    const all = await start({ percent: 100 });
    await expect(all.report('touched')).rejects.toMatchObject({ reason: 'floor-crossed' });
    const host = await start({ count: 1 }, 4_000_000);
    await expect(host.report('touched')).rejects.toMatchObject({ reason: 'floor-crossed' });
  });

  test('are refused by name outside a limited cgroup', async () => {
    const agent = await startStressAgent(user);
    const holder = await agent.start({ kind: 'stress.pids', parameters: { count: 1, leaveFree: 256 } });
    await expect(holder.report('touched')).rejects.toMatchObject({
      reason: 'fault-unavailable',
      message: 'the stressor is in no cgroup with a pids.max of its own',
    });
  });
});
