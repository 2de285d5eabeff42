/** Stressors through a real agent: what it refuses, what it says to have seen, and what ends them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { leash } from '../../proto/codec.ts';
import { causeWords } from '../../proto/fault.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { inject, planFor } from '../rig/inject.ts';
import { unless } from '../rig/requirement.ts';
import { isUnderUnit } from '../rig/under-unit.ts';
import { until } from '../rig/until.ts';
import { type AgentUser, agentUsers } from './harness/agent.ts';
import { makeStressDirectory, mountSmallFileSystem } from './harness/stress-place.ts';
import { host, startVictim } from './harness/victim.ts';

const mebibyte = 2 ** 20;
const notDelegated =
  /^fault-unavailable: stress.pids is not available here: no cgroup for stressors was delegated to this process/;
const asRoot = unless(process.getuid?.() === 0, 'root, to mount a small file system');

async function startRig(user: AgentUser, policy: string): Promise<AgentRig> {
  const as = user === 'unprivileged' ? { as: { uid: 65534, capabilities: '+kill,+sys_ptrace' } } : {};
  const ample = 'injectsPerMinute: 600\nfaultsMax: 64\ncpuPercentMax: 100%\n';
  const rig = await startAgentRig({ policy: `${ample}${policy}`, ...as });
  onTestFinished(() => rig.dispose());
  return rig;
}

async function endOf(rig: AgentRig, faultId: string): Promise<{ cause: string; receipt: leash.v1.IReceipt }> {
  const { receipts } = await rig.client.call('restore', { faultId, reason: 'test' });
  const receipt = receipts?.[0] as leash.v1.IReceipt;
  return { cause: causeWords.fromWire(receipt.cause, 'cause'), receipt };
}

async function refusals(rig: AgentRig, kind: string, parameters: Record<string, string | number>): Promise<string> {
  const plan = await planFor(rig.client, { kind, parameters });
  return (plan.refusals ?? []).map(({ reason, message }) => `${reason}: ${message}`).join('\n');
}

describe.each(agentUsers())('an agent %s', (user) => {
  asRoot('fills a file system, sees it full, and sees it free again', async () => {
    const path = mountSmallFileSystem(user, 64 * mebibyte);
    const rig = await startRig(user, `paths: { allow: [${path}] }\ndiskFloor: 8MiB\ndiskPercentMax: 80%\n`);
    const parameters = { path, size: '40MiB', floor: '8MiB' };
    const fault = await inject(rig.client, { kind: 'stress.disk', parameters });
    expect(fault.seen).toMatch(/^40MiB of .* \(tmpfs\) taken by a file without a name; process \d+ has 40MiB there/);
    expect(fault.seen).toMatch(/24MiB is free$/);
    const { cause, receipt } = await endOf(rig, fault.faultId ?? '');
    expect(cause).toBe('restored');
    expect(receipt.confirmed).toBe(true);
    expect(receipt.targets?.[0]?.seen).toMatch(
      /^the stressor is gone; 64MiB of .* is free, 24MiB was while it was held$/,
    );
  });

  asRoot('ends a stress when others cross a floor of the host, and says so', async () => {
    const path = mountSmallFileSystem(user, 64 * mebibyte);
    const rig = await startRig(user, `paths: { allow: [${path}] }\ndiskFloor: 16MiB\n`);
    const parameters = { path, size: '32MiB', floor: '1MiB' };
    const { faultId } = await inject(rig.client, { kind: 'stress.disk', parameters });
    writeFileSync(join(path, 'others'), Buffer.alloc(24 * mebibyte));
    await until('it was given back', () => host.fileSystem(path)?.freeBytes === 40 * mebibyte, 2000);
    const { cause, receipt } = await endOf(rig, faultId ?? '');
    expect([cause, receipt.confirmed]).toEqual(['limit-crossed', true]);
    expect(receipt.detail).toMatch(/8MiB of .* would stay free, at least 16MiB must/);
  });

  test('refuses by name, before anything is touched, what its policy does not allow', async () => {
    const path = makeStressDirectory(user);
    const rig = await startRig(user, `paths: { allow: [${path}, /proc] }\nioBytesPerSecondMax: 1MiB\n`);
    expect(await refusals(rig, 'stress.disk', { path: '/srv', size: '1MiB' })).toMatch(
      /^path-not-allowed: \/srv is not/,
    );
    expect(await refusals(rig, 'stress.disk', { path: '/proc', size: '1MiB' })).toMatch(
      /^fault-unavailable: \/proc is on type 0x9fa0; stress.disk works on ext4, xfs, tmpfs/,
    );
    expect(await refusals(rig, 'stress.disk', { path, percent: '100%' })).toMatch(
      /allowed by diskPercentMax\nfloor-crossed/,
    );
    expect(await refusals(rig, 'stress.disk', { path, size: '1MiB' })).toBe('');
    expect(await refusals(rig, 'stress.io', { path, rate: '2MiB' })).toMatch(/2MiB a second, at most 1MiB allowed/);
    expect(await refusals(rig, 'stress.pids', { count: 1 })).toMatch(
      // Where systemd has delegated one by version 2 of cgroups, it is one without a limit.
      isUnderUnit ? /^fault-unavailable: stress.pids is not available here: / : notDelegated,
    );
  });

  test('sees what a stressor reads and writes, and the open files that one takes', async () => {
    const path = makeStressDirectory(user);
    const rig = await startRig(user, `paths: { allow: [${path}] }\n`);
    const io = await inject(rig.client, { kind: 'stress.io', parameters: { path, rate: '4MiB', size: '4MiB' } });
    expect(io.seen).toMatch(/ read and written so far$/);
    const fds = await inject(rig.client, { kind: 'stress.fds', parameters: { count: 2000 } });
    expect(fds.seen).toMatch(/^2000 open files; 20\d\d descriptors open in the stressor; \d+/);
    const end = await endOf(rig, io.faultId ?? '');
    expect(end.receipt.targets?.[0]?.seen).toMatch(/^the stressor is gone; it read and wrote \S+iB a second$/);
    expect((await endOf(rig, fds.faultId ?? '')).receipt.confirmed).toBe(true);
  });

  test('says of a load what it has come to, and that it was limited by contention', async () => {
    const rig = await startRig(user, '');
    const rivals = await Promise.all(Array.from({ length: host.cpus() }, () => startVictim('busy.mjs')));
    const contended = await inject(rig.client, { kind: 'stress.cpu', parameters: { percent: '100%' } });
    await Promise.all(rivals.map((rival) => rival.stop()));
    expect(contended.seen).toMatch(/threads burned [\d.]+ % of a CPU each of 100 %, limitedBy: contention$/);
    const { receipt } = await endOf(rig, contended.faultId ?? '');
    expect(receipt.confirmed).toBe(true);
    expect(receipt.targets?.[0]?.seen).toMatch(/^the stressor is gone/);
  });
});
