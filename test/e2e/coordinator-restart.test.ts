import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, createCaller } from '../../coordinator/client/caller.ts';
import { type RunDocument, runDocument } from '../../coordinator/client/run-document.ts';
import { coordinatorService } from '../../proto/services.ts';
import { type CountingProgram, makeCountingProgram } from '../rig/counting-program.ts';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

/** The state that a run is killed in, how it is recognised, and what may truthfully become of the run. */
const states: readonly (readonly [state: string, isThere: (run: RunDocument) => boolean, ends: readonly string[]])[] = [
  ['baseline', (run) => run.phase === 'baseline', ['aborted']],
  ['planning or injecting', (run) => run.phase === 'running', ['aborted']],
  ['holding', (run) => injected(run, 1), ['aborted', 'unknown']],
  [
    'waiting between two faults',
    (run) => run.events.some((event) => event.text.startsWith('step 2: wait')),
    ['aborted', 'unknown'],
  ],
  ['holding the second fault', (run) => injected(run, 3), ['aborted', 'unknown']],
  ['recovering', (run) => run.events.some((event) => event.text.startsWith('recovering')), ['aborted']],
  ['ending', (run) => run.phase === 'ending', ['aborted']],
  ['ended', (run) => run.phase === 'ended', ['held']],
];

describe('a coordinator that is SIGKILLed and started again', () => {
  const name = workerName('k');
  let directory: TestDirectory;
  let program: CountingProgram;
  let service: Server;
  let worker: Worker;
  let rig: FleetRig;
  let caller: Caller | undefined;
  let file: string;

  beforeAll(async () => {
    directory = makeTestDirectory();
    program = makeCountingProgram(directory, 'refill', 2);
    service = createServer((_request, response) => response.end('well')).listen(0, '127.0.0.1');
    await once(service, 'listening');
    rig = await startFleetRig({
      hosts: 1,
      policy: `injectsPerMinute: 600
rollback: { run: [ { name: refill, executable: ${program.path}, args: [ "warm" ] } ] }
`,
    });
    worker = await startWorker(name);
    file = `apiVersion: leash/v1
kind: Experiment
metadata: { name: restarted, owner: test@example.com }
hypothesis: the service goes on answering
stage: development
lease: 4s
targets: { hosts: { names: [host-a] }, processes: { name: ${name} } }
probes: { own: { http: { url: "http://127.0.0.1:${(service.address() as { port: number }).port}/" }, every: 200ms } }
baseline: 1s
steadyState: [ own.errorRatio <= 0.9 ]
recovery: 2s
method:
  - { fault: process.pause, for: 3s }
  - wait: 1s
  - { fault: process.pause, for: 3s }
rollback: [ { exec: { program: refill, args: [warm] } } ]
`;
    connect();
  });
  afterAll(async () => {
    caller?.close();
    await worker.end();
    await rig.dispose();
    service.close();
    directory.remove();
  });

  function connect(): void {
    const path = join(rig.directory.path, 'run', 'coordinator.sock');
    caller = createCaller({ kind: 'unix', path }, { role: 'coordinator' });
  }
  async function submit(): Promise<string> {
    const request = { file: { name: 'restarted.yaml', text: file }, targetsDigest: '' };
    return (await (caller as Caller).call(coordinatorService.submit, request as never, 20_000)).runId ?? '';
  }
  const look = async (runId: string): Promise<RunDocument> =>
    runDocument(await (caller as Caller).call(coordinatorService.getRun, { runId } as never, 5000));

  async function killAndRestart(): Promise<void> {
    const gone = once(rig.coordinator(), 'exit');
    rig.coordinator().kill('SIGKILL');
    await gone;
    caller?.close();
    await rig.startCoordinator();
    connect();
  }

  /** Every inject of a run that the agent's audit knows, by key. */
  function injects(runId: string): readonly string[] {
    const directories: readonly string[] = rig.hosts[0]?.agent.directories ?? [];
    const state = directories[directories.indexOf('--state-dir') + 1] ?? '';
    return readFileSync(join(state, 'audit.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"inject"') && line.includes(runId))
      .map((line) => /"key":"([^"]+)"/.exec(line)?.[1] ?? line);
  }

  it('leaves a run that was only submitted as it was: it can still be started', async () => {
    const runId = await submit();
    await killAndRestart();
    expect((await look(runId)).phase).toBe('submitted');
    expect(injects(runId)).toEqual([]);
    await (caller as Caller).call(coordinatorService.start, { runId } as never, 20_000);
    await (caller as Caller).call(coordinatorService.abort, { runId, reason: '' } as never, 30_000);
  });

  it.each(states)(
    'while a run is %s: it ends truthfully, nothing stays injected, and nothing is done twice',
    async (state, isThere, ends) => {
      const rolledBack = program.runs().length;
      const runId = await submit();
      await (caller as Caller).call(coordinatorService.start, { runId } as never, 20_000);
      let aborting: Promise<unknown> = Promise.resolve();
      if (state === 'ending') {
        await until('the fault is held', async () => injected(await look(runId), 1));
        aborting = (caller as Caller)
          .call(coordinatorService.abort, { runId, reason: 'test' } as never, 30_000)
          .catch(() => undefined);
      }
      await until(`the run is ${state}`, async () => isThere(await look(runId)), 45_000);
      await killAndRestart();
      await aborting;
      await until('the run is over', async () => (await look(runId)).phase === 'ended', 45_000);
      const run = await look(runId);
      expect(ends).toContain(run.result);
      expect(worker.isRunning()).toBe(true);
      for (const fault of run.faults) expect([fault.error, fault.receipt?.confirmed ?? true]).toEqual(['', true]);
      const keys = injects(runId);
      expect(new Set(keys).size).toBe(keys.length);
      // Once for each run that touched something and did not go well, by whichever of agent and coordinator came first.
      expect(program.runs().length - rolledBack).toBeLessThanOrEqual(1);
      if (run.result === 'aborted' && keys.length > 0) {
        expect(program.runs().length - rolledBack).toBe(1);
        expect(run.rollbacks[0]?.actions[0]).toMatchObject({ action: 'run refill warm', done: true });
      }
    },
    120_000,
  );
});

function injected(run: RunDocument, step: number): boolean {
  return run.events.some((event) => event.kind === 'inject' && event.text.startsWith(`step ${step}:`));
}
