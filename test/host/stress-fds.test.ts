/** `stress.fds` on the real kernel, some thousand open files of the millions that there may be. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { agentUsers } from './harness/agent.ts';
import { startStressAgent } from './harness/stress-place.ts';
import { until } from './harness/until.ts';
import { host } from './harness/victim.ts';

const files = 8000;
/** The kernel adds up per CPU, and late. */
const slack = 1500;

function openOnHost(): number {
  return Number(readFileSync('/proc/sys/fs/file-nr', 'latin1').split('\t')[0]);
}

describe.each(agentUsers())('open files taken by an agent %s', (user) => {
  test('are open files of the host, and are back when the holder is killed', async () => {
    const agent = await startStressAgent(user);
    const before = openOnHost();
    const holder = await agent.start({ kind: 'stress.fds', parameters: { count: files, leaveFree: 8192 } });
    await holder.report('touched');
    expect(host.openDescriptors(holder.identity)).toBeGreaterThanOrEqual(files);
    expect(openOnHost() - before).toBeGreaterThan(files - slack);
    holder.signal(9);
    await holder.ended();
    await until('they are back', () => openOnHost() < before + slack, 2000);
  });

  test('are a share of all that the host allows, where it has a bound', async () => {
    const agent = await startStressAgent(user);
    const { max } = host.openFiles();
    const percent = 0.2;
    const holder = await agent.start({ kind: 'stress.fds', parameters: { percent, leaveFree: 8192 } });
    if (Number.isFinite(max)) {
      await holder.report('touched');
      expect(host.openDescriptors(holder.identity)).toBeGreaterThanOrEqual(Math.round((max * percent) / 100));
    } else {
      await expect(holder.report('touched')).rejects.toMatchObject({ reason: 'fault-unavailable' });
    }
  });

  test('are not taken at all below the floor, nor beyond what one process may open', async () => {
    const agent = await startStressAgent(user);
    const floors = { memoryBytes: 0, diskBytes: 0, openFiles: Number.MAX_SAFE_INTEGER, tasks: 0 };
    const parameters = { count: 100, leaveFree: 8192 };
    const below = await agent.start({ kind: 'stress.fds', parameters, briefing: { floors } });
    if (Number.isFinite(host.openFiles().max)) {
      await expect(below.report('touched')).rejects.toMatchObject({ reason: 'floor-crossed' });
    }
    const beyond = await agent.start({ kind: 'stress.fds', parameters: { count: 10_000_000, leaveFree: 8192 } });
    await expect(beyond.report('touched')).rejects.toMatchObject({
      reason: 'fault-unavailable',
      message: expect.stringMatching(/^10000000 open files, at most \d+ by one process \(LimitNOFILE=/),
    });
    expect(host.openDescriptors(beyond.identity)).toBeLessThan(100);
  });
});
