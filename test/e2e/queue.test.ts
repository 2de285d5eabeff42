import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, createCaller } from '../../coordinator/client/caller.ts';
import { type RunDocument, runDocument } from '../../coordinator/client/run-document.ts';
import { coordinatorService } from '../../proto/services.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const minuteMs = 60_000;

describe('ten experiments started at once for one zone', () => {
  const name = workerName('q');
  let worker: Worker;
  let rig: FleetRig;
  let caller: Caller | undefined;

  beforeAll(async () => {
    rig = await startFleetRig({ zone: 'eu-1', policy: 'injectsPerMinute: 600\n' });
    worker = await startWorker(name);
    connect();
  });
  afterAll(async () => {
    caller?.close();
    await worker.end();
    await rig.dispose();
  });

  function connect(): void {
    caller?.close();
    const path = join(rig.directory.path, 'run', 'coordinator.sock');
    caller = createCaller({ kind: 'unix', path }, { role: 'coordinator' });
  }
  const coordinator = (): Caller => caller as Caller;

  async function submitTen(): Promise<readonly string[]> {
    const runs = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        coordinator().call(
          coordinatorService.submit,
          {
            file: {
              name: `q${index}.yaml`,
              text: `apiVersion: leash/v1
kind: Experiment
metadata: { name: queued-${index}, owner: test@example.com, labels: { service: service-${index} } }
stage: development
targets: { hosts: { names: [host-${'abc'[index % 3]}] }, processes: { name: ${name} } }
method: [ { fault: process.pause, for: 60s } ]
`,
            },
            targetsDigest: '',
          },
          minuteMs,
        ),
      ),
    );
    return runs.map(({ runId }) => runId ?? '');
  }
  const start = async (runId: string, queueMs: number): Promise<RunDocument | Error> =>
    coordinator()
      .call(coordinatorService.start, { runId, queueMs }, minuteMs)
      .then(runDocument, (error: Error) => error);
  const look = async (runId: string): Promise<RunDocument> =>
    runDocument(await coordinator().call(coordinatorService.getRun, { runId }, minuteMs));
  const lookAt = (runIds: readonly string[]): Promise<readonly RunDocument[]> => Promise.all(runIds.map(look));

  it('run as one; nine are refused, each told the zone, who has it, and the bound', async () => {
    const runIds = await submitTen();
    const answers = await Promise.all(runIds.map((runId) => start(runId, 0)));
    const begun = answers.filter((answer): answer is RunDocument => !(answer instanceof Error));
    expect(begun).toHaveLength(1);
    const refusals = answers.filter((answer): answer is Error => answer instanceof Error);
    expect(refusals).toHaveLength(9);
    for (const refusal of refusals) {
      expect(refusal.message).toMatch(
        new RegExp(`zone eu-1 is taken: run ${begun[0]?.runId} \\(queued-\\d\\) has it, at most 1 experiment a zone`),
      );
    }
    const results = (await lookAt(runIds)).map(({ phase, result }) => result ?? phase).sort();
    expect(results.filter((result) => result === 'refused')).toHaveLength(9);
    await coordinator().call(coordinatorService.abort, { runId: begun[0]?.runId ?? '', reason: 'test' }, minuteMs);
    expect(worker.isRunning()).toBe(true);
  }, 120_000);

  it('run as one where they may wait; nine are queued, each told its place and why, also by a coordinator that was SIGKILLed', async () => {
    const runIds = await submitTen();
    const answers = await Promise.all(runIds.map((runId) => start(runId, 10 * minuteMs)));
    expect(answers.filter((answer) => answer instanceof Error)).toEqual([]);
    const begun = await until('one of them begins', async () => {
      const runs = await lookAt(runIds);
      const [one, other] = runs.filter((run) => run.phase !== 'queued');
      expect(other).toBeUndefined();
      return one?.faults[0]?.phase === 'active' && one;
    });
    const waiting = runIds.filter((runId) => runId !== begun.runId);
    await until('each has a place of its own', async () => {
      const places = (await lookAt(waiting)).map((run) => run.queue?.place ?? 0);
      return places.sort((one, other) => one - other).join() === '1,2,3,4,5,6,7,8,9';
    });
    for (const { queue } of await lookAt(waiting)) {
      expect(queue?.why).toContain(`zone eu-1 is taken: run ${begun.runId}`);
    }

    const gone = once(rig.coordinator(), 'exit');
    rig.coordinator().kill('SIGKILL');
    await gone;
    await rig.startCoordinator();
    connect();
    const after = await lookAt(waiting);
    expect(after.map(({ phase }) => phase)).toEqual(Array(9).fill('queued'));
    const next = after.find((run) => run.queue?.place === 1) as RunDocument;

    // One of them is given up while it waits; the first in the queue comes next, and nobody else.
    const given = after.find((run) => run.queue?.place === 2) as RunDocument;
    expect((await rig.leash('abort', given.runId)).code).toBe(0);
    expect((await rig.leash('abort', begun.runId)).code).toBe(0);
    await until('the next one holds its target', async () => (await look(next.runId)).faults[0]?.phase === 'active');
    expect(worker.isHeld()).toBe(true);
    const left = (await lookAt(waiting)).filter((run) => run.phase === 'queued');
    expect(left.map((run) => run.queue?.place).sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);

    // One halt ends them all, also those that have not begun.
    await rig.leash('halt', '--reason', 'test');
    const ended = await until('all of them are over', async () => {
      const runs = await lookAt(waiting);
      return runs.every((run) => run.phase === 'ended') && runs;
    });
    expect(new Set(ended.map(({ result }) => result))).toEqual(new Set(['aborted']));
    expect(ended.filter((run) => run.faults.length > 0)).toHaveLength(1);
    expect(worker.isRunning()).toBe(true);
  }, 180_000);
});
