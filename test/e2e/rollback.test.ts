import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CountingProgram, makeCountingProgram } from '../rig/counting-program.ts';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

describe('the rollback of an experiment', () => {
  const name = workerName('r');
  const called: string[] = [];
  let directory: TestDirectory;
  let program: CountingProgram;
  let slowPath: string;
  let service: Server;
  let url: string;
  let worker: Worker;
  let rig: FleetRig;
  let file: string;

  const text = (lasts: string, args = '[warm]'): string => `apiVersion: leash/v1
kind: Experiment
metadata: { name: rolled-back, owner: test@example.com }
stage: development
lease: 4s
targets: { hosts: { names: [host-a] }, processes: { name: ${name} } }
method: [ { fault: process.pause, for: ${lasts} } ]
rollback:
  - { exec: { program: refill, args: ${args} } }
  - { http: { url: "${url}" } }
`;
  const lastRun = async () => (await rig.json('runs', '--max', '1')).document.runs[0];
  const slowPids = (): readonly string[] =>
    existsSync(`${slowPath}.pids`) ? readFileSync(`${slowPath}.pids`, 'utf8').split('\n').filter(Boolean) : [];
  const startHolding = async (): Promise<string> => {
    expect((await rig.leash('run', file)).code).toBe(0);
    await until('the worker is held', () => worker.isHeld());
    return (await lastRun()).runId;
  };

  beforeAll(async () => {
    directory = makeTestDirectory();
    program = makeCountingProgram(directory, 'refill');
    slowPath = join(directory.path, 'slow');
    writeFileSync(slowPath, `#!/bin/sh\necho $$ >> '${slowPath}.pids'\nexec sleep 3\n`, { mode: 0o700 });
    service = createServer((request, response) => {
      called.push(`${request.method} ${request.url}`);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    url = `http://127.0.0.1:${(service.address() as { port: number }).port}/flush`;
    rig = await startFleetRig({
      hosts: 1,
      policy: `injectsPerMinute: 60
rollback:
  call: [ "${url}" ]
  run:
    - { name: refill, executable: ${program.path}, args: [ "w*" ] }
    - { name: slow, executable: ${slowPath}, args: [ "w*" ] }
`,
    });
    worker = await startWorker(name);
    file = rig.write('rolled-back.yaml', text('60s'));
  });
  afterAll(async () => {
    await worker.end();
    await rig.dispose();
    service.close();
    directory.remove();
  });

  it('is rehearsed alone: every action is run, and nothing is injected', async () => {
    const { code, document } = await rig.json('rehearse', file);
    expect([code, document.passed]).toEqual([0, true]);
    const [first, second] = document.hosts[0].actions;
    expect([first.action, first.seen]).toEqual(['run refill warm', 'exit code 0']);
    expect([second.action, second.seen]).toEqual([`POST ${url}`, 'answered 200']);
    expect([program.runs(), called]).toEqual([['warm'], ['POST /flush']]);
    expect((await rig.json('runs')).document.runs).toEqual([]);
  });

  it('is not run when everything went as it was meant to', async () => {
    const short = rig.write('short.yaml', text('500ms'));
    expect((await rig.leash('run', short, '--wait')).code).toBe(0);
    expect(program.runs()).toHaveLength(1);
  });

  it('is run once on an abort, and the run says what came of it', async () => {
    const runId = await startHolding();
    expect((await rig.leash('abort', runId)).code).toBe(0);
    expect(worker.isRunning()).toBe(true);
    expect([program.runs().length, called.length]).toEqual([2, 2]);
    const { document: run } = await rig.json('show', runId);
    expect(run.rollbacks[0].actions.map((action: { done: boolean }) => action.done)).toEqual([true, true]);
    expect((await rig.leash('report', runId, '--format', 'md')).output).toContain('## Rollback');
  });

  it('is run by the agent when the coordinator is gone, and not again when it comes back', async () => {
    const runId = await startHolding();
    rig.coordinator().kill('SIGKILL');
    await until('the agent rolls back', () => program.runs().length === 3 && called.length === 3, 30_000);
    expect(worker.isRunning()).toBe(true);
    await rig.startCoordinator();
    await until('the run ends', async () => (await lastRun()).phase === 'ended', 30_000);
    expect([program.runs().length, called.length]).toEqual([3, 3]);
    const { document: run } = await rig.json('show', runId);
    expect([run.result, run.rollbacks[0].actions.length]).toEqual(['aborted', 2]);
  });

  it('is run by the next agent when the one that held the fault was killed', async () => {
    await startHolding();
    const agent = rig.hosts[0]?.agent;
    agent?.process().kill('SIGKILL');
    await until('the worker runs on', () => worker.isRunning());
    await agent?.start();
    await until('it rolls back', () => program.runs().length === 4 && called.length === 4);
    await until('the run ends', async () => (await lastRun()).phase === 'ended', 30_000);
    expect(program.runs()).toHaveLength(4);
  });

  it('is begun again by the next agent when the agent was SIGKILLed in the middle of an action, which ends with it', async () => {
    const slow = rig.write('slow.yaml', text('60s').replace('program: refill', 'program: slow'));
    expect((await rig.leash('run', slow)).code).toBe(0);
    await until('the worker is held', () => worker.isHeld());
    const { runId } = await lastRun();
    const aborting = rig.leash('abort', runId);
    const first = await until('the action is under way', () => slowPids()[0]);

    // Its parent is the process that runs programs, whose parent is the agent; and it has no capability.
    const agent = rig.hosts[0]?.agent;
    expect(statusOf(statusOf(first).PPid).PPid).toBe(String(agent?.process().pid));
    for (const field of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) expect(statusOf(first)[field]).toMatch(/^0+$/);
    expect(statusOf(first).NoNewPrivs).toBe('1');

    const calledBefore = called.length;
    agent?.process().kill('SIGKILL');
    await until('the action ended with the agent', () => !isAlive(first));
    expect(called).toHaveLength(calledBefore);
    await agent?.start();
    await until('it is begun again', () => slowPids().length === 2);
    await until('the run ends', async () => (await lastRun()).phase === 'ended', 30_000);
    await aborting;
    const { document: run } = await rig.json('show', runId);
    expect(run.rollbacks[0].actions.map((action: { done: boolean }) => action.done)).toEqual([true, true]);
    expect([slowPids().length, called.length]).toEqual([2, calledBefore + 1]);
  }, 90_000);

  it('is refused before anything is touched where the host does not list it, with what it lists', async () => {
    const strange = rig.write('strange.yaml', text('60s', '[--all]'));
    const rehearsal = await rig.json('rehearse', strange);
    expect(rehearsal.document.hosts[0].error).toContain('is like none that rollback.run allows refill (w*)');
    const { code, output } = await rig.leash('run', strange, '--wait');
    expect([code, output]).toEqual([3, expect.stringContaining('is like none that rollback.run allows refill (w*)')]);
    expect(worker.isRunning()).toBe(true);
    expect(program.runs()).toHaveLength(4);
  });
});

/** proc_pid_status(5), by field. */
function statusOf(pid = '0'): Readonly<Record<string, string>> {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').split('\n');
  return Object.fromEntries(lines.map((line) => [line.split(':')[0], line.slice(line.indexOf(':') + 1).trim()]));
}

/** A zombie is gone. */
function isAlive(pid: string): boolean {
  try {
    return !statusOf(pid).State?.startsWith('Z');
  } catch {
    return false;
  }
}
