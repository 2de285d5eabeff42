/** Limits that look at the real host, through a real agent, whose policy is changed while it runs. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { leash } from '../../proto/codec.ts';
import { refusalsOf } from '../../proto/refusal-status.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { inject, injectRequest, planFor, type Wanted } from '../rig/inject.ts';
import { distFolder } from '../rig/project.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const ample = 'injectsPerMinute: 600\nprocessesMax: 64\nfaultsMax: 64\n';

let rig: AgentRig;
let worker: Worker;
const name = workerName('l');

beforeAll(async () => {
  rig = await startAgentRig({ policy: ample });
  worker = await startWorker(name);
});
afterAll(async () => {
  await worker.end();
  await rig.dispose();
});

const pause = (): Wanted => ({ kind: 'process.pause', selector: { name } });

/** Whole, in place of the former one, as whoever changes a policy should. */
function writePolicy(text: string): void {
  const path = join(rig.directory.path, 'config/policy.yaml');
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** What a plan is told under this policy: the next plan knows it already. */
async function refusals(policy: string, wanted = pause()): Promise<readonly leash.v1.IRefusal[]> {
  writePolicy(`${ample}${policy}`);
  return (await planFor(rig.client, wanted)).refusals ?? [];
}

async function messages(policy: string, wanted = pause()): Promise<string> {
  return (await refusals(policy, wanted)).map(({ message }) => message).join('\n');
}

/** "HH:MM" in UTC, some hours from now. */
function hours(fromNow: number): string {
  return new Date(Date.now() + fromNow * 3_600_000).toISOString().slice(11, 16);
}

describe('a policy that is changed while the agent runs', () => {
  it('counts from the next plan and inject on', async () => {
    expect(await messages('stage: staging')).toContain('this host is in staging');
    expect(await messages('')).toBe('');
  });

  it('and is not right lets nothing begin, keeps what is held, and lets it go', async () => {
    expect(await messages('')).toBe('');
    const fault = await inject(rig.client, pause());
    expect(worker.isHeld()).toBe(true);
    expect(await messages('processesMax: many')).toContain("the host's policy cannot be used");
    const plan = await planFor(rig.client, { ...pause(), selector: { pid: worker.pid } });
    const refused = await rig.client.call('inject', injectRequest(pause(), plan)).catch((error) => error);
    expect(refusalsOf(refused).map(({ reason }) => reason)).toContain('policy-invalid');
    expect(worker.isHeld()).toBe(true);
    const renewed = await rig.client.call('renew', { renewals: [{ faultId: fault.faultId ?? '', leaseTtlMs: 5000 }] });
    expect(renewed.results?.[0]?.renewed).toBe(true);
    await rig.client.call('restore', { faultId: fault.faultId ?? '' });
    expect(worker.isRunning()).toBe(true);
    expect(await messages('')).toBe('');
  });

  it('is read at SIGHUP too, which is in the log and in the audit', async () => {
    const audit = (): string => readFileSync(join(rig.directory.path, 'state/audit.jsonl'), 'utf8');
    writePolicy(`${ample}stage: nowhere`);
    rig.process().kill('SIGHUP');
    await until('the log says what is wrong', () => rig.log().includes('stage: must be one of'));
    await until('the audit says it too', () => /"action":"policy".*unusable/.test(audit()));
    writePolicy(ample);
    rig.process().kill('SIGHUP');
    await until('the audit says that one is in force', () => /unusable[\s\S]*"detail":"in force/.test(audit()));
    expect(await messages('')).toBe('');
  });
});

describe('an inject is refused', () => {
  it('outside a window, and not inside one that crosses midnight', async () => {
    const allow = (from: number, to: number): string =>
      `windows: { timeZone: UTC, allow: [{ from: "${hours(from)}", to: "${hours(to)}" }] }`;
    // Twenty of the twenty-four hours around now cross midnight, whenever this runs.
    expect(await messages(allow(-10, 10))).toBe('');
    expect(await messages(allow(2, 4))).toMatch(/^it is .* in UTC, outside windows.allow .*; it opens /);
  });

  it('in a blackout of another time zone', async () => {
    const tokyo = (hoursFromNow: number): string =>
      new Date(Date.now() + (9 + hoursFromNow) * 3_600_000).toISOString().slice(0, 16);
    const blackout = `windows: { timeZone: Asia/Tokyo, blackout: [{ from: ${tokyo(-1)}, to: ${tokyo(1)} }] }`;
    expect(await messages(blackout)).toMatch(/^the blackout .* holds until .* in Asia\/Tokyo$/);
  });

  it('by the load and the pressure of this very host', async () => {
    expect(await messages('loadMax: 10000')).toBe('');
    await until('the host has any load', () => Number(readFileSync('/proc/loadavg', 'latin1').split(' ')[0]) > 0.02);
    expect(await messages('loadMax: 0')).toMatch(/^load [\d.]+ per processor .*, at most 0 allowed by loadMax$/);
    const under = await messages('pressureMax: { cpu: 0%, memory: 100%, io: 100% }');
    if (!existsSync('/proc/pressure/cpu')) expect(under).toContain('cannot be read here');
    else if (under !== '') expect(under).toMatch(/somebody waited for cpu, at most 0% allowed by pressureMax.cpu$/);
  });

  it('to a caller that no row names', async () => {
    expect(await messages(`callers: [{ who: "uid:${process.getuid?.()}", faults: ["process.*"] }]`)).toBe('');
    expect(await messages('callers: [{ who: local, faults: ["stress.*"] }, { who: runner, faults: ["*"] }]')).toMatch(
      /^uid:\d+.* may not inject process.pause: callers allows it local: stress\.\*$/,
    );
  });

  it('too soon after the last fault of the same service, by the real end of it', async () => {
    expect(await messages('')).toBe('');
    const fault = await inject(rig.client, pause());
    await rig.client.call('restore', { faultId: fault.faultId ?? '' });
    const cooling = 'coolDown: { host: 0s, target: 1h }';
    expect(await messages(cooling)).toMatch(/^the last fault of program .*node ended .* ago, at least 60m demanded by/);
  });

  it('for who listens on a protected port', async () => {
    const server: Server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const policy = `protect: { ports: [${port}] }`;
    // This very process listens there; nobody else does.
    expect(await messages(policy, { ...pause(), selector: { pid: process.pid } })).toContain(
      `the policy protects the port ${port}, on which it listens`,
    );
    expect(await messages(policy)).toBe('');
    server.close();
  });
});

it('an inject that names no duration gets that of the policy', async () => {
  writePolicy(`${ample}durationDefault: 40s`);
  const plan = await rig.client.call('plan', { ...injectRequest(pause(), {}), durationMs: null });
  expect(plan.durationMs).toBe(40_000);
  const fault = await rig.client.call('inject', { ...injectRequest(pause(), plan), durationMs: null });
  expect(fault.fault?.durationRemainingMs).toBeGreaterThan(20_000);
  expect(fault.fault?.durationRemainingMs).toBeLessThanOrEqual(40_000);
  await rig.client.call('restore', { everything: true });
  const zero = await rig.client.call('plan', { ...injectRequest(pause(), {}), durationMs: 0 }).catch((error) => error);
  expect(zero.message).toContain('duration_ms: must be a whole number from 1');
});

it('arguments that the policy hides are not shown, and selectors match them all the same', async () => {
  const secret = `--password=${workerName('s')}`;
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', '--', secret], { stdio: 'ignore' });
  const byArguments: Wanted = { ...pause(), selector: { cmdline: secret, parent: { pid: process.pid } } };
  const pids = (plan: leash.v1.IPlanReply) => plan.targets?.map(({ identity }) => identity?.pid);
  writePolicy(ample);
  const shown = await until('it is there', async () => {
    const plan = await planFor(rig.client, byArguments);
    return pids(plan)?.length === 1 && plan;
  });
  expect(shown.targets?.[0]?.cmdline).toContain(secret);
  writePolicy(`${ample}commandLines: hidden`);
  const hidden = await planFor(rig.client, byArguments);
  expect(pids(hidden)).toEqual([child.pid]);
  expect(hidden.targets?.[0]?.cmdline).toBe('');
  const fault = await inject(rig.client, byArguments);
  await rig.client.call('restore', { faultId: fault.faultId ?? '' });
  expect(readFileSync(join(rig.directory.path, 'state/audit.jsonl'), 'utf8') + rig.log()).not.toContain(secret);
  const { stdout } = leashAgent('ps', `pid=${child.pid}`, '--json');
  expect(JSON.parse(stdout).processes).toHaveLength(1);
  expect(stdout).not.toContain(secret);
  child.kill('SIGKILL');
});

it('`leash-agent check` says of each limit what it is, where it is from, and what the host has of it', async () => {
  writePolicy('stage: development\nloadMax: 2.5\nprotect:\n  ports: [5432]\n');
  const { limits } = JSON.parse(leashAgent('check', '--json').stdout);
  const of = (wanted: string) => limits.find((limit: { name: string }) => limit.name === wanted);
  expect(of('loadMax')).toMatchObject({
    value: '2.5 per processor',
    source: expect.stringMatching(/policy.yaml:2$/),
    now: expect.stringMatching(/^[\d.]+ per processor$/),
  });
  expect(of('protect')).toMatchObject({ value: 'port 5432', source: expect.stringMatching(/policy.yaml:3$/) });
  expect(of('memoryFloor')).toMatchObject({ source: 'default', now: expect.stringMatching(/available$/) });
  expect(of('watchdog').source).toBe('built in');
  expect(leashAgent('check').stdout).toMatch(/^loadMax +2\.5 per processor, now [\d.]+ per processor$/m);
  const described = await rig.client.call('describe', {});
  expect(described.limits?.map((limit) => limit.name)).toEqual(limits.map((limit: { name: string }) => limit.name));
  writePolicy('stage: nowhere');
  const wrong = leashAgent('check');
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('policy.yaml:1:8: stage: must be one of')]);
});

function leashAgent(...args: readonly string[]) {
  const program = [join(distFolder, 'leash-agent.js'), ...args, ...rig.directories];
  return spawnSync(process.execPath, program, { encoding: 'utf8' });
}
