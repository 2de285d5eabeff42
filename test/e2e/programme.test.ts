import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

describe('ten experiments at once for one zone', () => {
  const name = workerName('z');
  const workers: Worker[] = [];
  let rig: FleetRig;

  beforeAll(async () => {
    rig = await startFleetRig({ zone: 'eu-1', policy: 'injectsPerMinute: 60\n' });
    workers.push(await startWorker(name));
  });
  afterAll(async () => {
    for (const worker of workers) await worker.end();
    await rig.dispose();
  });

  it('run as one; nine are refused, each told the zone, who has it, and the bound', async () => {
    const files = Array.from({ length: 10 }, (_, index) =>
      rig.write(
        `e${index}.yaml`,
        `apiVersion: leash/v1
kind: Experiment
metadata: { name: zone-${index}, owner: test@example.com, labels: { service: service-${index} } }
stage: development
targets: { hosts: { names: [host-${'abc'[index % 3]}] }, processes: { name: ${name} } }
method: [ { fault: process.pause, for: 60s } ]
`,
      ),
    );
    const answers = await Promise.all(files.map((file) => rig.leash('run', file)));
    const started = answers.filter(({ code }) => code === 0);
    const refused = answers.filter(({ code }) => code === 3);
    expect([started.length, refused.length]).toEqual([1, 9]);
    const runId = /started (\S+);/.exec(started[0]?.output ?? '')?.[1];
    for (const { errors } of refused) {
      expect(errors).toMatch(
        new RegExp(`zone eu-1 is taken: run ${runId} \\(zone-\\d\\) has it, at most 1 experiment a zone`),
      );
    }
    await until('the one holds its target', () => workers[0]?.isHeld() === true);
    const { document } = await rig.json('runs');
    const results = document.runs.map((run: { result: string | null }) => run.result ?? 'going on').sort();
    expect(results).toEqual(['going on', ...Array(9).fill('refused')]);

    expect((await rig.leash('abort', runId ?? '')).code).toBe(0);
    expect(workers[0]?.isRunning()).toBe(true);
    const [next = ''] = files;
    expect((await rig.leash('why-not', next)).code).toBe(0);
  });
});

describe('an experiment from stage to stage', () => {
  const name = workerName('s');
  let service: Server;
  let worker: Worker;
  let rig: FleetRig;
  let directory: TestDirectory;
  let flag: string;
  let file: string;

  const text = (stage: string, host: string): string => `apiVersion: leash/v1
kind: Experiment
metadata: { name: staged, owner: test@example.com, tier: P3, labels: { service: staged } }
goal: A pause of a second does no harm
hypothesis: the service goes on answering
stage: ${stage}
dependsOn: [orders-db, session-cache]
blastRadius: { hosts: 1, processesPerHost: 1 }
targets: { hosts: { names: [${host}] }, processes: { name: ${name} } }
preconditions: [ { recipe: backup-in-place } ]
probes: { own: { http: { url: "http://127.0.0.1:${portOf(service)}/${host}" }, every: 200ms } }
steadyState: [ own.errorRatio <= 0.5 ]
recovery: 0s
method: [ { fault: process.pause, for: 1s } ]
rollback: []
runbook: https://wiki.example.com/staged
`;

  beforeAll(async () => {
    service = createServer((_request, response) => response.end('well')).listen(0, '127.0.0.1');
    await once(service, 'listening');
    directory = makeTestDirectory();
    flag = join(directory.path, 'INCIDENT');
    rig = await startFleetRig({
      hosts: 2,
      policies: ['development', 'staging'].map((stage) => `stage: ${stage}\ninjectsPerMinute: 60\n`),
      programme: `apiVersion: leash/v1
kind: Programme
promotion: { within: 24h }
recipes: { backup-in-place: { file: { path: /proc/version, contains: Linux } } }
liveIncident: { flag: ${flag} }
`,
    });
    worker = await startWorker(name);
    file = rig.write('staged.yaml', text('development', 'host-a'));
  });
  afterAll(async () => {
    await worker.end();
    await rig.dispose();
    service.close();
    directory.remove();
  });

  it('draws what it depends on in its plan', async () => {
    const { code, output } = await rig.leash('plan', file);
    expect(code).toBe(0);
    expect(output).toContain('staged, which depends on\n├─ orders-db\n└─ session-cache\n');
  });

  it('is refused in staging before it has passed development, with what would have to change', async () => {
    const refused = await rig.leash('promote', file);
    expect(refused.code).toBe(3);
    expect(refused.output).toMatch(
      /refused {2}0 passes of sha256:[0-9a-f]{12} in development within 1 day, at least 1/,
    );
    const staging = rig.write('early.yaml', text('staging', 'host-b'));
    expect((await rig.leash('run', staging, '--wait')).code).toBe(3);
    const whyNot = await rig.leash('why-not', staging);
    expect(whyNot.code).toBe(3);
    expect(whyNot.output).toMatch(/refused {2}promotion\n {2}0 passes .*\n {2}→ run this very file in development/);
    expect(whyNot.output).toMatch(/^1 of \d+ gates refuse it$/m);
  });

  it('is accepted there after a pass, also with other hosts and another address: those are parameters', async () => {
    expect((await rig.leash('run', file, '--wait')).code).toBe(0);
    const { code, document } = await rig.json('promote', file);
    expect([code, document.accepted, document.from, document.to]).toEqual([0, true, 'development', 'staging']);
    const staging = rig.write('staging.yaml', text('staging', 'host-b'));
    const { code: held, document: run } = await rig.json('run', staging, '--wait');
    expect([held, run.facts.contentDigest]).toEqual([0, document.contentDigest]);
    expect(run.gates).toContainEqual({
      gate: 'promotion',
      passed: true,
      message: `passed development as ${document.passedRunId}`,
      remedies: [],
    });
  });

  it('is held in staging for 15 minutes at most: the plan says so, and refuses a second more', async () => {
    const plan = async (seconds: number) =>
      rig.json('plan', rig.write('long.yaml', text('staging', 'host-b').replace('for: 1s', `for: ${seconds}s`)));
    const limits = ({ document }: Awaited<ReturnType<typeof plan>>) =>
      document.gates.find(({ gate }: { gate: string }) => gate === 'host-limits');
    expect(limits(await plan(900))).toMatchObject({
      passed: true,
      message: '1 hosts would accept 1 injects; a fault lasts at most 15m on host-b',
    });
    expect(limits(await plan(901))).toMatchObject({
      passed: false,
      message: expect.stringContaining('15m1s long, above 0 and at most 15m allowed by durationMax'),
    });
  });

  it('goes on to production-lite by its pass in staging, and is not started there before others have approved it', async () => {
    const staging = rig.write('staging.yaml', text('staging', 'host-b'));
    const { code, output } = await rig.leash('promote', staging, '--write');
    expect([code, output]).toEqual([0, expect.stringContaining('accepted for production-lite')]);
    expect(readFileSync(staging, 'utf8')).toBe(text('production-lite', 'host-b'));
    const { output: refusal } = await rig.leash('why-not', staging);
    expect(refusal).toContain('0 of 2 approvals of sha256:');
  });

  it('is refused again after an edit of one character', async () => {
    const edited = rig.write('edited.yaml', text('staging', 'host-b').replace('for: 1s', 'for: 2s'));
    const promotion = await rig.leash('promote', edited, '--to', 'production-lite');
    expect([promotion.code, promotion.output]).toEqual([3, expect.stringContaining('0 passes of')]);
    expect((await rig.leash('run', edited, '--wait')).errors).toContain('promotion: 0 passes of');
  });

  it('does not start while an incident is flagged', async () => {
    writeFileSync(flag, 'INC-42 checkout is down\n');
    const { code, errors } = await rig.leash('run', file, '--wait');
    expect([code, errors]).toEqual([3, expect.stringContaining(`${flag} is there (INC-42 checkout is down)`)]);
    rmSync(flag);
    expect((await rig.leash('why-not', file)).code).toBe(0);
  });

  it('takes what people found into the run, and only when it is over', async () => {
    const { document } = await rig.json('runs');
    const [{ runId }] = document.runs.filter((run: { result: string }) => run.result === 'held');
    const learned = await rig.leash('learn', runId, '--finding', 'no retry is sent', '--action', '@bob: send one');
    expect([learned.code, learned.output]).toEqual([0, `staged ${runId}: 1 findings, 1 action items\n`]);
    const { document: run } = await rig.json('show', runId);
    expect(run.learnings).toMatchObject([
      { findings: ['no retry is sent'], actions: [{ text: 'send one', owner: 'bob' }] },
    ]);
  });
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
