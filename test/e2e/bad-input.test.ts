import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const name = workerName('b');

function experiment(changes: { processes?: string; method?: string; extra?: string } = {}): string {
  const {
    processes = `{ name: ${name}, mode: one }`,
    method = '{ fault: process.pause, for: 1s }',
    extra = '',
  } = changes;
  return `apiVersion: leash/v1
kind: Experiment
metadata: { name: bad, owner: test@example.com }
stage: development
${extra}blastRadius: { hosts: 1, processesPerHost: 10 }
targets:
  hosts: { mode: one }
  processes: ${processes}
method:
  - ${method}
`;
}

describe('bad input is refused with the place or the limit, and touches nothing', () => {
  const workers: Worker[] = [];
  let rig: FleetRig;
  let count = 0;

  beforeAll(async () => {
    rig = await startFleetRig({ hosts: 1, policy: 'processesMax: 2\ninjectsPerMinute: 600\n' });
    for (let index = 0; index < 3; index += 1) workers.push(await startWorker(name));
  });
  afterAll(async () => {
    for (const worker of workers) await worker.end();
    await rig.dispose();
  });

  async function run(text: string): Promise<{ code: number; said: string }> {
    count += 1;
    const file = rig.write(`bad-${count}.yaml`, text);
    const { code, output, errors } = await rig.leash('run', '--wait', file);
    expect(workers.every((worker) => worker.isRunning())).toBe(true);
    return { code, said: output + errors };
  }

  it.each([
    [
      'an unknown key',
      experiment({ extra: 'blastRadiuss: { hosts: 1 }\n' }),
      /bad-\d+\.yaml:5:1: .*blastRadiuss.*blastRadius/,
    ],
    ['a wrong unit', experiment({ method: '{ fault: process.pause, for: 1 minute }' }), /yaml:10:\d+: .*1 minute/],
    ['a number without a unit', experiment({ method: '{ fault: process.pause, for: 60 }' }), /yaml:10:\d+: .*60/],
    ['an empty selector', experiment({ processes: '{ mode: one }' }), /yaml:8:\d+: /],
    [
      'a percentage of nothing',
      experiment({ processes: `{ name: ${name}, mode: percent, percent: 0% }` }),
      /yaml:8:\d+: /,
    ],
  ])('%s: exit 2, with line and column', async (_what, text, said) => {
    const result = await run(text);
    expect(result.said).toMatch(said);
    expect(result.code).toBe(2);
  });

  it('a missing file: exit 2', async () => {
    const { code, errors } = await rig.leash('run', '/nowhere/at-all.yaml');
    expect(errors).toContain('/nowhere/at-all.yaml');
    expect(code).toBe(2);
  });

  it.each([
    [
      'a percentage that rounds to zero',
      experiment({ processes: `{ name: ${name}, mode: percent, percent: 10% }` }),
      /10% of 3 matching processes is less than one/,
    ],
    ['a protected pid', experiment({ processes: '{ pid: 1, mode: one }' }), /process 1 .*is protected: it is pid 1/],
    ['a pid that is gone', experiment({ processes: '{ pid: 4194303, mode: one }' }), /no process matches/],
    [
      'more targets than the host allows',
      experiment({ processes: `{ name: ${name}, mode: all }` }),
      /3 targets, at most 2 allowed by processesMax/,
    ],
    [
      'a kill without consent',
      experiment({ method: '{ fault: process.kill, expect: { respawnWithin: 1s } }' }),
      /consent/,
    ],
    ['an unknown parameter', experiment({ method: '{ fault: process.slow, for: 1s, share: 150% }' }), /150%/],
    ["a stage that is not the host's", experiment().replace('stage: development', 'stage: staging'), /staging/],
  ])('%s: named, with its number', async (_what, text, said) => {
    const result = await run(text);
    expect(result.said).toMatch(said);
    expect([2, 3]).toContain(result.code);
  });

  it('a stop signal is no kill', async () => {
    const method = '{ fault: process.kill, signal: SIGSTOP, consent: irreversible, expect: { respawnWithin: 1s } }';
    const { code, said } = await run(experiment({ method }));
    expect(said).toMatch(/SIGSTOP/);
    expect([2, 3]).toContain(code);
  });

  it('an expired certificate: exit 7, since when', async () => {
    const tls = await rig.issue('halter', 'late', 1);
    // Certificates count in whole seconds.
    const issuedAtMs = Date.now();
    await until('the certificate is over', () => Date.now() > issuedAtMs + 1000);
    await rig.leash('hosts');
    const { code, errors } = await rig.leash('halt', '--direct', '--tls', tls);
    expect(errors).toMatch(/expired at/);
    expect(code).toBe(7);
  });

  it('a role that may not: exit 7, naming the role and those that may', async () => {
    const tls = await rig.issue('viewer', 'vera');
    const { code, errors, output } = await rig.leash('halt', '--direct', '--tls', tls);
    expect(errors + output).toMatch(/viewer may not halt/);
    expect(code).toBe(7);
  });

  it('a coordinator that is not there: exit 6', async () => {
    const { code, errors } = await rig.leash('hosts', '--coordinator', 'unix:/nowhere/coordinator.sock');
    expect(errors).toContain('/nowhere/coordinator.sock');
    expect(code).toBe(6);
  });

  it('TCP without certificates: exit 2', async () => {
    const { code, errors } = await rig.leash('hosts', '--coordinator', '127.0.0.1:7443');
    expect(errors).toMatch(/mutual TLS/);
    expect(code).toBe(2);
  });
});
