import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leash as wire } from '../../../../proto/codec.ts';
import { refusalStatus } from '../../../../proto/refusal-status.ts';
import { agentService, coordinatorService } from '../../../../proto/services.ts';
import { validFile } from '../experiment/written.ts';
import { type Answers, type FakeServer, startFakeServer } from './fake-coordinator.ts';
import { buildLeash, type Finished, type Leash } from './leash-process.ts';
import { events, hosts, plan, run, unresolvedRun, worker } from './worlds.ts';

const { RunResult } = wire.v1;

let leash: Leash;
let file: string;
let server: FakeServer | undefined;
const agents: FakeServer[] = [];

beforeAll(async () => {
  leash = await buildLeash();
  file = join(leash.directory, 'experiment.yaml');
  writeFileSync(file, validFile);
}, 60_000);

afterEach(() => {
  server?.stop();
  server = undefined;
  for (const agent of agents.splice(0)) agent.stop();
  rmSync(join(leash.directory, '.local'), { recursive: true, force: true });
});

afterAll(() => leash.remove());

const allIsWell: Answers = {
  listHosts: () => hosts,
  planExperiment: () => plan,
  submit: () => run,
  start: () => run,
  getRun: () => run,
  watchRuns: () => events,
  listRuns: () => ({ runs: [run] }),
  abort: () => run,
};

/** Runs a command against a coordinator that answers as told. */
async function against(answers: Answers, ...words: readonly string[]): Promise<Finished> {
  server ??= await startFakeServer(coordinatorService, answers, { socket: join(leash.directory, 'c.sock') });
  return leash.run([...words, '--coordinator', server.address]);
}

function document({ out }: Finished): Record<string, unknown> {
  return JSON.parse(out) as Record<string, unknown>;
}

describe('plan', () => {
  test('shows exactly which processes, why, what is protected, the gates and both digests, within 80 columns', async () => {
    const { code, out } = await against(allIsWell, 'plan', file);
    expect(out).toMatch(/4242 +987654 +svc +user-worker +name is user-worker/);
    expect(out).toMatch(/1 +987654 +svc +init +protected: pid 1/);
    expect(out).toMatch(/stage +passed +staging on 2 of 2 hosts/);
    expect(out).toContain(plan.scopeDigest);
    expect(out).toContain(`--targets ${plan.targetsDigest}`);
    const table = out.split('\n').filter((line) => !line.includes('sha256:'));
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(code).toBe(0);
  });

  test('exits with 3 when a gate or a host would refuse, and names each reason', async () => {
    const [host] = plan.hosts;
    const refusal = { reason: 'halted', message: 'the host is halted since epoch 4' };
    const refused = {
      ...plan,
      hosts: [{ ...host, plan: { ...host?.plan, refusals: [refusal] } }],
      gates: [{ gate: 'zones', passed: false, message: '2 zones, at most 1 allowed by blastRadius.zones' }],
    };
    const { code, out } = await against({ ...allIsWell, planExperiment: () => refused }, 'plan', file);
    expect(out).toContain('refused halted: the host is halted since epoch 4');
    expect(out).toMatch(/zones +refused +2 zones, at most 1 allowed/);
    expect(code).toBe(3);
  });

  test('prints one document with --json', async () => {
    const result = await against(allIsWell, 'plan', file, '--json');
    expect(document(result)).toMatchObject({
      accepted: true,
      targetsDigest: plan.targetsDigest,
      hosts: [{ host: 'web-1', binding: 'kernel', targets: [{ pid: 4242, startTimeTicks: 987_654 }] }],
    });
    expect(result.error).toBe('');
  });

  test('tells every problem of a file with line and column, without a coordinator', async () => {
    const wrong = join(leash.directory, 'wrong.yaml');
    writeFileSync(wrong, validFile.replace('for: 2m', 'for: 120').replace('baseline:', 'baselin:'));
    const { code, error } = await leash.run(['plan', wrong]);
    expect(error).toContain(`${wrong}:15:1: baselin: is not a known key; did you mean "baseline"?`);
    expect(error).toContain(`${wrong}:21:34: method[2].for: must be a duration such as 250ms, 10s or 5m, not 120`);
    expect(code).toBe(2);
  });

  test('says which host of the fleet it remembers, for nobody else to read', async () => {
    await against(allIsWell, 'plan', file);
    const path = join(leash.directory, '.local/state/leash/inventory.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe('run', () => {
  test('starts what it submitted, and says how to follow it', async () => {
    const { code, out } = await against(allIsWell, 'run', file, '--targets', plan.targetsDigest);
    expect(out).toContain('leash watch r-1');
    expect(server?.requests).toContainEqual({
      method: 'submit',
      request: expect.objectContaining({ targetsDigest: plan.targetsDigest }),
    });
    expect(code).toBe(0);
  });

  test('with --wait tells events as they come and ends with what was seen', async () => {
    const { code, out } = await against(allIsWell, 'run', file, '--wait');
    expect(out).toContain('web-1  paused 1 of 1');
    expect(out).toMatch(/web-1 +1 +process\.pause +4242 +restored +20 of 20 threads run/);
    expect(out).toContain('the hypothesis held (every step was done)');
    expect(out).not.toContain('\u001b[');
    expect(code).toBe(0);
  });

  test.each([
    ['deviated', { ...run, result: RunResult.RUN_RESULT_DEVIATED }, 1],
    ['was refused', { ...run, result: RunResult.RUN_RESULT_REFUSED }, 3],
    ['was aborted', { ...run, result: RunResult.RUN_RESULT_ABORTED }, 4],
    ['is not resolved', { ...run, result: RunResult.RUN_RESULT_UNRESOLVED }, 5],
    ['was aborted and not every host confirmed', unresolvedRun, 5],
    ['is not judged', { ...run, result: RunResult.RUN_RESULT_NOT_JUDGED }, 0],
  ])('with --wait exits by the result of a run that %s', async (_what, ended, expected) => {
    const result = await against({ ...allIsWell, getRun: () => ended }, 'run', file, '--wait', '--json');
    expect(document(result)).toMatchObject({ runId: 'r-1', phase: 'ended' });
    expect(result.code).toBe(expected);
  });

  test('names each refusal and exits with 3', async () => {
    const refusals = [
      { reason: 'stage-mismatch', message: 'web-1 is in development, the experiment says staging' },
      { reason: 'too-many-targets', message: '4 targets, at most 2 allowed by processesMax' },
    ] as const;
    const refuse = (): never => {
      throw refusalStatus(refusals);
    };
    const { code, error } = await against({ ...allIsWell, start: refuse }, 'run', file);
    expect(error).toContain('refused: stage-mismatch: web-1 is in development');
    expect(error).toContain('refused: too-many-targets: 4 targets, at most 2 allowed');
    expect(code).toBe(3);
  });

  test('aborts at the first Ctrl-C and waits for receipts', async () => {
    let release = (): void => {};
    const aborted = new Promise<void>((resolve) => {
      release = resolve;
    });
    const answers: Answers = {
      ...allIsWell,
      abort: () => {
        release();
        return run;
      },
      watchRuns: async () => {
        await aborted;
        return events;
      },
      getRun: () => ({ ...run, result: RunResult.RUN_RESULT_ABORTED }),
    };
    server = await startFakeServer(coordinatorService, answers, { socket: join(leash.directory, 'c.sock') });
    const running = leash.start(['run', file, '--wait', '--coordinator', server.address]);
    await running.says('started r-1');
    running.child.kill('SIGINT');
    const { code, error, out } = await running.finished;
    expect(error).toContain('aborting r-1 and waiting');
    expect(out).toContain('restored');
    expect(code).toBe(4);
  });

  test('leaves the rest to the coordinator at the second Ctrl-C', async () => {
    const never = new Promise<never>(() => {});
    let onAbort = (): void => {};
    const abortSeen = new Promise<void>((resolve) => {
      onAbort = resolve;
    });
    const answers: Answers = {
      ...allIsWell,
      abort: () => {
        onAbort();
        return never;
      },
      watchRuns: () => never,
    };
    server = await startFakeServer(coordinatorService, answers, { socket: join(leash.directory, 'c.sock') });
    const running = leash.start(['run', file, '--wait', '--coordinator', server.address]);
    await running.says('started r-1');
    running.child.kill('SIGINT');
    await abortSeen;
    running.child.kill('SIGINT');
    const { code, error } = await running.finished;
    expect(error).toContain('left to the coordinator; see leash show r-1');
    expect(code).toBe(5);
  });
});

describe('halt', () => {
  const halted = { host: 'web-1', latched: true, epoch: 2, latchedMs: 4.2, restoredMs: 9 };

  test('says for each host when it latched and was restored, or when its last lease ends', async () => {
    const lost = { host: 'web-2', error: 'unreachable', lastLeaseEndsAtUnixMs: 1_700_000_000_000 };
    const { code, out } = await against({ haltFleet: () => ({ hosts: [halted, lost] }) }, 'halt', '--reason', 'pages');
    expect(out).toMatch(/web-1 +4\.2 ms +9\.0 ms +halted, epoch 2/);
    expect(out.replace(/\s+/g, ' ')).toContain('its last lease ends at 2023-11-14T22:13:20Z');
    expect(code).toBe(5);
  });

  test('exits with 0 when every host confirmed, and with 5 when a latch is volatile', async () => {
    expect((await against({ haltFleet: () => ({ hosts: [halted] }) }, 'halt')).code).toBe(0);
    server?.stop();
    server = undefined;
    expect((await against({ haltFleet: () => ({ hosts: [{ ...halted, volatile: true }] }) }, 'halt')).code).toBe(5);
  });

  test('says of a latch that no disk has taken that it is in memory only, and exits with 5', async () => {
    const inMemory = { ...halted, volatile: true, memoryOnly: true };
    const { out, code } = await against({ haltFleet: () => ({ hosts: [inMemory] }) }, 'halt');
    expect(out).toMatch(/halted in memory only, epoch 2/);
    expect(out).toContain('0 of 1 hosts halted and confirmed');
    expect(code).toBe(5);
  });

  test('says how to go straight to the agents when the coordinator is down', async () => {
    const { code, error } = await leash.run(['halt', '--coordinator', `unix:${leash.directory}/nobody.sock`]);
    expect(error).toContain('leash halt --direct');
    expect(code).toBe(6);
  });

  test('goes straight to the agents that were seen last, and one that is gone does not hold the others up', async () => {
    const socket = join(leash.directory, 'agent-1.sock');
    const answers: Answers = { halt: () => ({ halt: { halted: true, epoch: 3 }, latchedMs: 1, restoredMs: 2 }) };
    agents.push(await startFakeServer(agentService, answers, { socket }));
    const known = {
      hosts: [
        { name: 'web-1', address: `unix:${socket}` },
        { name: 'web-2', address: `unix:${leash.directory}/gone.sock` },
      ],
    };
    const { code } = await against({ listHosts: () => known }, 'hosts');
    expect(code).toBe(0);
    const address = server?.address ?? '';
    server?.stop();
    const result = await leash.run(['halt', '--direct', '--json', '--reason', 'fire', '--coordinator', address]);
    expect(document(result)).toMatchObject({
      direct: true,
      confirmed: false,
      hosts: [
        { host: 'web-1', latched: true, epoch: 3, confirmed: true },
        { host: 'web-2', latched: false, confirmed: false },
      ],
    });
    expect(agents[0]?.requests[0]?.request).toMatchObject({ reason: 'fire' });
    expect(result.code).toBe(5);
  });

  test('of one fleet never goes to another one', async () => {
    await against(allIsWell, 'hosts');
    const { code, error } = await leash.run(['halt', '--direct', '--coordinator', 'unix:/run/other.sock']);
    expect(error).toContain('knows no hosts of unix:/run/other.sock');
    expect(code).toBe(2);
  });
});

describe('rearm', () => {
  test('straight at the agents compares with the epoch that each host has', async () => {
    const socket = join(leash.directory, 'agent-1.sock');
    const answers: Answers = {
      describe: () => ({ halt: { halted: true, epoch: 9 } }),
      rearm: () => ({ halt: { halted: false, epoch: 9 } }),
    };
    agents.push(await startFakeServer(agentService, answers, { socket }));
    await against({ listHosts: () => ({ hosts: [{ name: 'web-1', address: `unix:${socket}` }] }) }, 'hosts');
    const { code, out } = await leash.run(['rearm', '--direct', '--coordinator', server?.address ?? '']);
    expect(agents[0]?.requests[1]).toMatchObject({ method: 'rearm', request: { expectedEpoch: 9 } });
    expect(out).toMatch(/web-1 +9 +armed/);
    expect(code).toBe(0);
  });
});

describe('the other commands', () => {
  test('hosts lists status, stage and latch', async () => {
    const { out, code } = await against(allIsWell, 'hosts');
    expect(out).toMatch(/web-2 +connected +staging +armed, epoch 1 +0 +app=user-service zone=z1/);
    expect(code).toBe(0);
  });

  test('ps sends the selector and cleans names that would drive the terminal', async () => {
    const evil = { ...worker, name: 'a\u001b[2Jb\nc' };
    const { out } = await against(
      { listFleetProcesses: () => [{ host: 'web-1', processes: [evil] }] },
      'ps',
      'name=user-worker',
      'parent.user=svc',
      'memoryAbove=512MiB',
      'anyOf.1.port=80',
      'anyOf.2.port=443',
    );
    expect(server?.requests[0]?.request).toMatchObject({
      selector: {
        name: 'user-worker',
        parent: { user: 'svc' },
        memoryAboveBytes: 536_870_912,
        anyOf: [{ port: 80 }, { port: 443 }],
      },
    });
    expect(out).toContain('a\\u{1b}[2Jb\\u{a}c');
    expect(out).not.toContain('\u001b');
  });

  test('show, runs and report print a run; abort succeeds when every host confirmed', async () => {
    expect((await against(allIsWell, 'show', 'r-1')).out).toContain('the hypothesis held');
    expect((await against(allIsWell, 'runs')).out).toMatch(/r-1 +2023-11-14T22:13:20Z +user-service-pause +held/);
    const report = (await against(allIsWell, 'report', 'r-1', '--format', 'md')).out;
    expect(report).toContain('# user-service-pause: held');
    expect(report).toContain('| canary.latencyMs | 12.345 | 11 | – | 12 | 9 |');
    expect((await against(allIsWell, 'abort', 'r-1')).code).toBe(0);
  });

  test('show tells how a run came to its end, and exits with 8 when its verdict is not known', async () => {
    const unknown = {
      ...run,
      result: RunResult.RUN_RESULT_UNKNOWN,
      unknown: 'no data',
      events: [
        { runId: 'r-1', sequence: 1, atUnixMs: 1_700_000_004_000, kind: 'phase', text: 'running' },
        { runId: 'r-1', sequence: 2, atUnixMs: 1_700_000_005_000, kind: 'probe', text: 'errors=31 > (2 * 12)=24' },
        {
          runId: 'r-1',
          sequence: 3,
          atUnixMs: 1_700_000_006_000,
          kind: 'abort',
          text: 'at 22:13:26 errors=31 for 2m0s',
        },
      ],
    };
    const { out, code } = await against({ ...allIsWell, getRun: () => unknown }, 'show', 'r-1');
    expect(out).toMatch(
      /decisions \(UTC\)\n {2}at 22:13:25 errors=31 > \(2 \* 12\)=24\n {2}at 22:13:26 errors=31 for 2m0s\n/,
    );
    expect(out).toContain('not known whether the hypothesis held');
    expect(out).not.toContain('at 22:13:24');
    expect(code).toBe(8);
  });

  test('watch ends with the run and its result', async () => {
    const { out, code } = await against({ ...allIsWell, getRun: () => unresolvedRun }, 'watch', 'r-1');
    expect(out).toContain('paused 1 of 1');
    expect(out).toContain('UNRESOLVED');
    expect(code).toBe(5);
  });

  test('a reader that goes away early is no error', async () => {
    server = await startFakeServer(coordinatorService, allIsWell, { socket: join(leash.directory, 'c.sock') });
    const running = leash.start(['hosts', '--coordinator', server.address]);
    running.child.stdout?.destroy();
    const { code, error } = await running.finished;
    expect(error).toBe('');
    expect(code).toBe(0);
  });
});

describe('bad input gets one clear message and its exit code', () => {
  const fail = (code: status, details: string) => (): never => {
    throw Object.assign(new Error(details), { code, details });
  };

  test.each([
    ['no file', ['plan', 'nothing.yaml'], 2, 'leash: nothing.yaml: does not exist'],
    ['a directory', ['plan', '/'], 2, 'leash: /: is a directory'],
    [
      'an empty selector',
      ['ps'],
      2,
      'leash: selector: must set at least one condition, such as name, unit, user or pid',
    ],
    ['an unknown condition', ['ps', 'nam=x'], 2, 'did you mean "name"?'],
    ['a pid that cannot be', ['ps', 'pid=0'], 2, 'pid: must be a whole number from 1 to 4194304, not 0'],
    ['a size without its unit', ['ps', 'memoryAbove=512'], 2, 'memoryAbove: must be a size such as 512MiB or 2GB'],
    ['an unknown command', ['frobnicate'], 2, "error: unknown command 'frobnicate'"],
    ['an unknown option', ['hosts', '--frob'], 2, "error: unknown option '--frob'"],
    ['a missing reason', ['resolve', 'web-1'], 2, "required option '--reason <text>' not specified"],
    ['an address that is none', ['hosts', '--coordinator', 'http://x'], 2, 'must be unix:/path or host:port'],
    ['TCP without TLS', ['hosts', '--coordinator', '127.0.0.1:1'], 2, 'TCP is always mutual TLS: give --tls'],
    [
      'TLS files that are not there',
      ['hosts', '--coordinator', '127.0.0.1:1', '--tls', '/nowhere'],
      2,
      'leash: /nowhere: does not exist',
    ],
    [
      'no coordinator',
      ['hosts', '--coordinator', 'unix:/nowhere/c.sock'],
      6,
      'cannot reach the coordinator at unix:/nowhere/c.sock: no such socket',
    ],
    ['a coordinator without hosts', ['serve'], 2, 'which hosts? --inventory FILE'],
    [
      'TCP of a coordinator without TLS',
      ['serve', '--inventory', 'i', '--listen', '127.0.0.1:1'],
      2,
      'TCP is always mutual TLS',
    ],
    ['a tether that is no pid', ['serve', '--inventory', 'i', '--tether', '-1'], 2, '--tether: must be a whole number'],
    ['no inventory', ['halt', '--direct'], 2, 'no inventory was saved; run leash hosts'],
  ])('%s', async (_what, words, expected, message) => {
    const { code, out, error } = await leash.run(words);
    expect(error).toContain(message);
    expect(out).toBe('');
    expect(code).toBe(expected);
  });

  test.each([
    ['a role that may not', status.PERMISSION_DENIED, 7, 'not allowed at'],
    ['a run that does not exist', status.NOT_FOUND, 2, 'leash: run r-9 is not known'],
    ['a coordinator that fails', status.INTERNAL, 6, 'failed: run r-9 is not known'],
  ])('%s', async (_what, grpcCode, expected, message) => {
    const { code, error } = await against({ getRun: fail(grpcCode, 'run r-9 is not known') }, 'show', 'r-9');
    expect(error).toContain(message);
    expect(code).toBe(expected);
  });

  test('with --json the failure is the one document', async () => {
    const result = await leash.run(['hosts', '--json', '--coordinator', 'unix:/nowhere/c.sock']);
    expect(document(result)).toMatchObject({
      error: { exitCode: 6, message: expect.stringContaining('cannot reach') },
    });
  });
});
