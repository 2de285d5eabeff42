/** `stress.cpu` and `stress.memory` on the real kernel. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readMemory } from '../../agent/host/memory.ts';
import type { ProcessIdentity } from '../../proto/identity.ts';
import { agentUsers, bootMs, livingHolders, startAgent } from './harness/agent.ts';
import { lateMaxMs } from './harness/staged-fault.ts';
import { until } from './harness/until.ts';
import { host } from './harness/victim.ts';

const mebibyte = 2 ** 20;

function statusOf(identity: ProcessIdentity): string {
  return readFileSync(`/proc/${identity.pid}/status`, 'latin1');
}

/** Over all its threads. */
function burnt(identity: ProcessIdentity): { readonly ranMs: number; readonly waitedMs: number } {
  const threads = readdirSync(`/proc/${identity.pid}/task`).map((tid) =>
    readFileSync(`/proc/${identity.pid}/task/${tid}/schedstat`, 'latin1').split(' ').map(Number),
  );
  const sumMs = (field: number): number => threads.reduce((sum, thread) => sum + (thread[field] ?? 0) / 1e6, 0);
  return { ranMs: sumMs(0), waitedMs: sumMs(1) };
}

describe.each(agentUsers())('a stressor of an agent %s', (user) => {
  test.each([25, 60])('burns %d percent of a CPU', async (load) => {
    const agent = await startAgent(user);
    const holder = await agent.start({ kind: 'stress.cpu', parameters: { cores: 1, load } });
    await holder.report('touched');
    const startedAtMs = bootMs();
    const before = burnt(holder.identity);
    await until('three seconds have passed', () => bootMs() - startedAtMs > 3000, 4000, 5);
    const after = burnt(holder.identity);
    const wallMs = bootMs() - startedAtMs;
    const ranPercent = (100 * (after.ranMs - before.ranMs)) / wallMs;
    // What it was ready to run but was not let: on a busy machine nobody gets more than a fair share.
    const waitedPercent = (100 * (after.waitedMs - before.waitedMs)) / wallMs;
    expect(ranPercent).toBeLessThan(load + 8);
    expect(ranPercent + waitedPercent).toBeGreaterThan(load - 8);
    holder.signal(9);
    expect(await holder.ended()).toBe('signal SIGKILL');
    expect(livingHolders()).toEqual([]);
    await agent.stop();
  });

  test('burns on as many CPUs as it was asked to, and stops when it is released', async () => {
    const agent = await startAgent(user);
    const holder = await agent.start({ kind: 'stress.cpu', parameters: { load: 10 } });
    const { touched } = await holder.report('touched');
    expect(touched[0]).toMatch(/^\d+ threads at 10 %/);
    const releasedAtMs = bootMs();
    holder.release();
    expect(await holder.ended()).toBe('exit 0');
    expect(bootMs() - releasedAtMs).toBeLessThan(lateMaxMs());
    await agent.stop();
  });

  test('takes memory that is really there, and the kernel takes it back when it is killed', async () => {
    const agent = await startAgent(user);
    const size = 300 * mebibyte;
    const holder = await agent.start({ kind: 'stress.memory', parameters: { size, leaveFree: 64 * mebibyte } });
    await holder.report('touched', 20_000);
    const residentBytes = host.residentBytes(holder.identity) ?? 0;
    expect(residentBytes).toBeGreaterThan(size);
    expect(residentBytes).toBeLessThan(size + 100 * mebibyte);
    holder.signal(9);
    // How much the host has available moves with everything else on it; the memory of this one process does not.
    await until('its memory is gone', () => host.residentBytes(holder.identity) === undefined, 2000);
    await holder.ended();
    await agent.stop();
  });

  test('takes no memory at all when the floor would be crossed', async () => {
    const agent = await startAgent(user);
    const holder = await agent.start({
      kind: 'stress.memory',
      parameters: { size: 64 * mebibyte, leaveFree: readMemory().totalBytes },
    });
    await expect(holder.report('touched')).rejects.toMatchObject({ reason: 'floor-crossed' });
    expect(host.residentBytes(holder.identity)).toBeLessThan(100 * mebibyte);
    await agent.stop();
  });

  test('is the first to go when memory runs out, and has no capabilities', async () => {
    const agent = await startAgent(user);
    const holder = await agent.start({ kind: 'stress.cpu', parameters: { cores: 1, load: 1 } });
    await holder.report('bound');
    expect(readFileSync(`/proc/${holder.identity.pid}/oom_score_adj`, 'latin1').trim()).toBe('1000');
    const capabilities = statusOf(holder.identity).match(/^Cap(Inh|Prm|Eff|Amb):.*$/gm);
    expect(capabilities?.every((line) => /0{16}$/.test(line))).toBe(true);
    await agent.stop();
  });
});
