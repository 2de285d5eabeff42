/** Each stressor ends with its holder, and its holder ends: at its deadline, and by whatever is killed or stopped. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type AgentUser, agentUsers, bootMs, type HoldRequest, type TestHolder } from './harness/agent.ts';
import { hasPidsController, makeLimitedCgroup, makeStressDirectory, startStressAgent } from './harness/stress-place.ts';
import { until } from './harness/until.ts';
import { host } from './harness/victim.ts';

const mebibyte = 2 ** 20;
/** From the instant of the deadline to the end of the holder; the machine may be busy with other tests. */
const lateMaxMs = 500;
const signalKill = 9;
const signalStop = 19;

const requests: Readonly<Record<string, (user: AgentUser) => HoldRequest>> = {
  'stress.cpu': () => ({ kind: 'stress.cpu', parameters: { cores: 1, load: 30 } }),
  'stress.memory': () => ({ kind: 'stress.memory', parameters: { size: 64 * mebibyte, leaveFree: 64 * mebibyte } }),
  'stress.io': (user) => ({
    kind: 'stress.io',
    parameters: {
      path: makeStressDirectory(user),
      workers: 2,
      rate: 4 * mebibyte,
      reads: 50,
      size: 4 * mebibyte,
      floor: mebibyte,
    },
  }),
  'stress.disk': (user) => ({
    kind: 'stress.disk',
    parameters: { path: makeStressDirectory(user), size: 64 * mebibyte, floor: mebibyte },
  }),
  'stress.fds': () => ({ kind: 'stress.fds', parameters: { count: 2000, leaveFree: 8192 } }),
  ...(process.getuid?.() === 0 && hasPidsController()
    ? {
        'stress.pids': (user: AgentUser) => ({
          kind: 'stress.pids',
          parameters: { count: 100, leaveFree: 256 },
          stressCgroup: makeLimitedCgroup(user, 200),
        }),
      }
    : {}),
};
if (!('stress.pids' in requests)) {
  process.stderr.write('NOT TESTED here: the endings of stress.pids, for want of root and the pids controller\n');
}

/** By what the kernel says, and not by what the holder says of itself. */
function isGone({ identity }: TestHolder): boolean {
  return host.threadCount(identity) === 0 && host.namelessBytes(identity) === undefined;
}

describe.each(agentUsers())('held by an agent %s', (user) => {
  test('a file without a name has none at any instant at which agent and holder are killed', async () => {
    const path = makeStressDirectory(user);
    const free = () => host.fileSystem(path)?.freeBytes ?? 0;
    const size = 256 * mebibyte;
    const before = free();
    for (let round = 0; round < 10; round++) {
      const agent = await startStressAgent(user);
      const holder = await agent.start({ kind: 'stress.disk', parameters: { path, size, floor: mebibyte } });
      const killAtMs = bootMs() + 90 + round * 10;
      await until('the instant of the kill', () => bootMs() >= killAtMs, 1000, 0);
      holder.signal(signalKill);
      agent.signal(signalKill);
      await until('it is gone', () => isGone(holder), 1000);
      expect(readdirSync(path)).toEqual([]);
    }
    await until('all is free again', () => free() > before - size, 2000);
  });

  describe.each(Object.entries(requests))('%s', (_kind, requestFor) => {
    test('ends at its deadline', async () => {
      const request = requestFor(user);
      const agent = await startStressAgent(user);
      const endsAtMs = bootMs() + 800;
      const holder = await agent.start({ ...request, endsInMs: 800 });
      await holder.report('touched');
      await until('it is gone', () => isGone(holder), 2000);
      expect(bootMs()).toBeGreaterThan(endsAtMs);
      expect(bootMs() - endsAtMs).toBeLessThan(lateMaxMs);
    });

    test('is gone when agent and holder are killed together', async () => {
      const request = requestFor(user);
      const agent = await startStressAgent(user);
      const holder = await agent.start(request);
      await holder.report('touched');
      holder.signal(signalKill);
      agent.signal(signalKill);
      await until('it is gone', () => isGone(holder), 1000);
    });

    test('is gone when the agent alone is killed', async () => {
      const request = requestFor(user);
      const agent = await startStressAgent(user);
      const holder = await agent.start(request);
      await holder.report('touched');
      agent.signal(signalKill);
      await until('it is gone', () => isGone(holder), 1000);
    });

    test('ends at its deadline while the holder is stopped', async () => {
      const request = requestFor(user);
      const agent = await startStressAgent(user);
      const endsAtMs = bootMs() + 800;
      const holder = await agent.start({ ...request, endsInMs: 800 });
      await holder.report('touched');
      holder.signal(signalStop);
      await until('it is gone', () => isGone(holder), 2000);
      expect(bootMs() - endsAtMs).toBeLessThan(lateMaxMs);
      expect(await holder.ended()).toBe('signal SIGKILL');
    });
  });
});
