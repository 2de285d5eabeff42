/**
 * A unit with a watchdog, without a systemd: a process in a control group that is named like a unit, told of its watchdog
 * as systemd tells it (sd_watchdog_enabled(3)). What systemd itself does when the process is silent is not tested here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { JsonObject } from '../../proto/struct.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { inject, planFor } from '../rig/inject.ts';
import { unless } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';

/** Where groups can be made that name a unit: the unified hierarchy, or systemd's own one beside it. */
const hierarchy = readFileSync('/proc/mounts', 'latin1')
  .split('\n')
  .filter((line) => / cgroup2 | cgroup .*name=systemd/.test(line))
  .map((line) => line.split(' ')[1] ?? '')
  .find(isWritable);

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const unitTest = unless(hierarchy !== undefined, 'root, and a control group hierarchy that may be written');
const unit = `leash-test-${process.pid}.service`;
const group = join(hierarchy ?? '', unit);

let rig: AgentRig;
let child: ChildProcess | undefined;
beforeAll(async () => {
  rig = await startAgentRig();
  if (hierarchy !== undefined) mkdirSync(group);
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await until('it is gone', () => child === undefined || child.exitCode !== null || child.signalCode !== null);
});
afterAll(async () => {
  await rig.dispose();
  if (hierarchy !== undefined) await until('the group is empty', () => isRemoved(group));
});

function isRemoved(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}

async function startUnit(environment: Readonly<Record<string, string>>): Promise<number> {
  const started = spawn('sleep', ['100000'], { stdio: 'ignore', env: { PATH: '/bin:/usr/bin', ...environment } });
  child = started;
  const pid = started.pid ?? 0;
  // Its environment is its own from the exec on.
  await until('it sleeps', () => readFileSync(`/proc/${pid}/comm`, 'latin1') === 'sleep\n');
  writeFileSync(join(group, 'cgroup.procs'), String(pid));
  return pid;
}

async function refusals(kind: string, pid: number, parameters: JsonObject): Promise<readonly string[]> {
  const plan = await planFor(rig.client, { kind, parameters, selector: { pid } });
  expect(plan.targets?.[0]?.unit).toBe(unit);
  return (plan.refusals ?? []).map(({ message }) => message ?? '');
}

unitTest('a unit that has a watchdog is not paused or slowed down, unless the fault says that it may be', async () => {
  const pid = await startUnit({ WATCHDOG_USEC: '180000000', INVOCATION_ID: 'a' });
  const message = `${unit} has WatchdogSec=3m, and its supervisor ends it when it is silent for that long`;
  expect(await refusals('process.pause', pid, {})).toEqual([
    `${message}; process.pause takes despiteWatchdog: true to hold it still`,
  ]);
  expect(await refusals('process.slow', pid, { share: '10%' })).toEqual([
    `${message}; process.slow takes despiteWatchdog: true to hold it still`,
  ]);
  await expect(inject(rig.client, { kind: 'process.pause', selector: { pid } })).rejects.toThrow('WatchdogSec=3m');
  const state = (): string => readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')[2] ?? '';
  expect(state()).toBe('S');
  const wanted = { kind: 'process.pause', parameters: { despiteWatchdog: true }, selector: { pid } };
  expect((await planFor(rig.client, wanted)).warnings).toEqual([
    expect.stringContaining(`${unit} has WatchdogSec=3m: its supervisor ends it when it is held still for longer`),
  ]);
  const fault = await inject(rig.client, wanted);
  expect(state()).toBe('t');
  await rig.client.call('restore', { faultId: fault.faultId ?? '' });
  expect(state()).toBe('S');
});

unitTest('a unit that systemd told of none is paused', async () => {
  expect(await refusals('process.pause', await startUnit({ INVOCATION_ID: 'a' }), {})).toEqual([]);
});

unitTest('a unit of which it cannot be told is not', async () => {
  expect(await refusals('process.pause', await startUnit({}), {})).toEqual([
    `whether ${unit} has a WatchdogSec= cannot be told; process.pause takes despiteWatchdog: true to hold it still`,
  ]);
});

unitTest('a kill asks nobody', async () => {
  expect(await refusals('process.kill', await startUnit({ WATCHDOG_USEC: '1000000' }), {})).toEqual([]);
});
