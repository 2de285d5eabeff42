import { appendFileSync, chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unitOf } from '../../agent/observers/unit.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

describe('what a host probe sees', () => {
  const name = workerName('o');
  const directory = makeTestDirectory();
  const logs = join(directory.path, 'logs');
  let rig: AgentRig;
  let worker: Worker;

  beforeAll(async () => {
    // The agent may be another user's.
    chmodSync(directory.path, 0o755);
    mkdirSync(logs);
    worker = await startWorker(name);
    rig = await startAgentRig({ policy: `observe: { paths: [${logs}] }\n` });
  });
  afterAll(async () => {
    await worker?.end();
    await rig?.dispose();
    directory.remove();
  });

  it('which processes match, and what they use', async () => {
    const { processes } = await rig.client.call('observe', { processes: { name } });
    expect(processes?.matched).toBe(1);
    const [seen] = processes?.processes ?? [];
    expect(seen?.identity?.pid).toBe(worker.pid);
    expect(seen?.residentBytes).toBeGreaterThan(10 * 2 ** 20);
    expect(seen?.ageMs).toBeGreaterThan(0);
    expect((await rig.client.call('observe', { processes: { name: 'nobody-is-so' } })).processes?.matched ?? 0).toBe(0);
  });

  it('the host as a whole', async () => {
    const { host } = await rig.client.call('observe', { host: true });
    expect(host?.memoryTotalBytes).toBeGreaterThan(host?.memoryAvailableBytes ?? 0);
    expect(host?.cpuPercent).toBeGreaterThanOrEqual(0);
  });

  it('the lines that were added to a file, through rotation, and nothing of what was there before', async () => {
    const path = join(logs, 'app.log');
    writeFileSync(path, 'ERROR old\n');
    let cursor = '';
    const look = async () => {
      const { file } = await rig.client.call('observe', { file: { path, pattern: '^ERROR', cursor } });
      cursor = file?.cursor ?? '';
      return file?.matches ?? 0;
    };
    expect(await look()).toBe(0);
    appendFileSync(path, 'ERROR one\ninfo\nERROR two\nERROR not yet who');
    expect(await look()).toBe(2);
    appendFileSync(path, 'le\n');
    expect(await look()).toBe(1);
    expect(await look()).toBe(0);
    renameSync(path, `${path}.1`);
    expect(
      (await rig.client.call('observe', { file: { path, pattern: '^ERROR', cursor } })).file?.exists ?? false,
    ).toBe(false);
    writeFileSync(path, 'ERROR after rotation\n');
    expect(await look()).toBe(1);
  });

  it('no file that the policy does not show, not by a link either', async () => {
    const ask = (path: string) => rig.client.call('observe', { file: { path } });
    await expect(ask('/etc/passwd')).rejects.toThrow('is not in a directory of observe.paths');
    await expect(ask(`${logs}/../secret`)).rejects.toThrow('must be an absolute path without . and ..');
    symlinkSync('/etc/passwd', join(logs, 'link'));
    await expect(ask(join(logs, 'link'))).rejects.toThrow('/etc/passwd is not in a directory of observe.paths');
  });

  it('nothing where nothing was asked, or what is no unit', async () => {
    await expect(rig.client.call('observe', {})).rejects.toThrow('must be one of processes, host, file, unit');
    await expect(rig.client.call('observe', { unit: '--version' })).rejects.toThrow(
      'must be the name of a systemd unit',
    );
    await expect(rig.client.call('observe', { file: { path: join(logs, 'x'), pattern: '(' } })).resolves.toBeDefined();
  });

  it('a unit as its manager tells it', () => {
    const told = 'MainPID=812\nNRestarts=3\nLoadState=loaded\nActiveState=active\nSubState=running\n';
    expect(unitOf(told)).toEqual({
      loadState: 'loaded',
      activeState: 'active',
      subState: 'running',
      restarts: 3,
      mainPid: 812,
    });
    expect(() => unitOf('')).toThrow('does not say in which state');
  });
});
