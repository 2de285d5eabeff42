import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { Probe, ProbeSource } from '../../../../coordinator/core/experiment.ts';
import { readWindow } from '../../../../coordinator/core/probe-window.ts';
import { addHealthService } from '../../../../shared/grpc-health.ts';
import { freePort } from '../../../rig/free-port.ts';
import { sampler } from './surroundings.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

function probe(source: ProbeSource, timeoutMs = 2000): Probe {
  return { name: 'x', everyMs: 1000, timeoutMs, source };
}

describe('a tcp probe', () => {
  const source = (port: number): ProbeSource => ({ kind: 'tcp', host: '127.0.0.1', port, windowMs: 10_000 });

  it('is up where a connection is accepted, and down where it is refused', async () => {
    const server: Server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    undo.push(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await sampler()(probe(source(port)))).toMatchObject({ isGood: true, detail: 'connected' });
    const refused = await sampler()(probe(source(await freePort())));
    expect(refused.isGood).toBe(false);
    expect(refused.detail).toContain('ECONNREFUSED');
    expect(refused.latencyMs).toBeUndefined();
  });
});

describe('a grpc probe', () => {
  it('is up where the service says that it serves', async () => {
    const server = new GrpcServer();
    let isServing = true;
    addHealthService(server, ['shop.Orders'], () => isServing);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    undo.push(() => server.forceShutdown());
    const ask = (service: string) =>
      sampler()(probe({ kind: 'grpc', address: `127.0.0.1:${port}`, service, usesTls: false, windowMs: 10_000 }));
    expect(await ask('shop.Orders')).toMatchObject({ isGood: true, detail: 'serving' });
    expect(await ask('shop.Unknown')).toMatchObject({ isGood: false });
    isServing = false;
    expect(await ask('shop.Orders')).toMatchObject({ isGood: false, detail: 'answered NOT_SERVING' });
  });

  it('says how long it waited for an answer that does not come', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    undo.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const source = {
      kind: 'grpc',
      address: `127.0.0.1:${port}`,
      service: '',
      usesTls: false,
      windowMs: 10_000,
    } as const;
    const sample = await sampler()(probe(source, 200));
    expect(sample).toMatchObject({ isGood: false, detail: 'no answer within 200 ms' });
    expect(sample.latencyMs).toBeGreaterThanOrEqual(199);
  });
});

describe('an exec probe', () => {
  const programs = [
    { name: 'say', path: '/bin/echo', args: ['*'] },
    { name: 'fail', path: '/bin/false', args: [] },
    { name: 'sleep', path: '/bin/sleep', args: ['*'] },
    { name: 'flood', path: '/usr/bin/yes', args: [] },
    { name: 'gone', path: '/nowhere/program', args: [] },
  ];
  const run = (program: string, args: readonly string[] = [], timeoutMs = 2000) =>
    sampler({ programs })(probe({ kind: 'exec', program, args, windowMs: 10_000 }, timeoutMs));

  it('is up by its exit code, and its value is the number that it prints', async () => {
    expect(await run('say', ['42.5'])).toMatchObject({ isGood: true, values: { exitCode: 0, value: 42.5 } });
    expect((await run('say', ['fine'])).values).toEqual({ exitCode: 0 });
    expect(await run('fail')).toMatchObject({ isGood: false, detail: 'exited with 1', values: { exitCode: 1 } });
  });

  it('runs only what is listed, with arguments as listed, and without a shell', async () => {
    expect((await run('rm')).detail).toContain('is not among the programs of the coordinator');
    expect((await run('say', ['a;b'])).detail).toContain('is like none that say may be given');
    expect((await run('fail', ['x'])).detail).toContain('is like none that fail may be given (none)');
    expect((await run('gone')).detail).toBe('could not be started: ENOENT');
  });

  it('is ended at its deadline, and when it prints too much', async () => {
    expect(await run('sleep', ['60'], 150)).toMatchObject({ isGood: false, detail: 'no answer within 150 ms' });
    expect((await run('flood')).detail).toBe('printed over 65536 bytes');
  });
});

describe('a process probe', () => {
  const source: ProbeSource = {
    kind: 'process',
    selector: { name: 'worker' },
    countMin: 1,
    hosts: { labels: {}, names: [] },
    windowMs: 600_000,
  };
  const identity = (pid: number) => ({ bootId: 'boot', pid, startTimeTicks: pid });

  it('counts as restarts what was not there when the window began', async () => {
    const hosts = [{ name: 'host-a', labels: {} }];
    let pids = [1, 2];
    const ask = sampler({
      hosts: () => hosts,
      observe: async () => ({
        processes: {
          matched: pids.length,
          processes: pids.map((pid) => ({ identity: identity(pid), residentBytes: pid * 1000, cpuPercent: 1 })),
        },
      }),
    });
    const samples = [await ask(probe(source))];
    pids = [2];
    samples.push(await ask(probe(source)));
    const nowMs = performance.now();
    expect(readWindow(samples, 600_000, nowMs)?.values).toMatchObject({
      count: 1,
      restarts: 0,
      respawned: 0,
      rssBytes: 2000,
    });
    pids = [2, 3];
    samples.push(await ask(probe(source)));
    expect(readWindow(samples, 600_000, performance.now())?.values).toMatchObject({
      up: 1,
      count: 2,
      restarts: 1,
      respawned: 1,
    });
  });

  it('has no value where a host does not answer', async () => {
    const sample = await sampler({ hosts: () => [{ name: 'host-a', labels: {} }] })(probe(source));
    expect(sample).toMatchObject({ isGood: false, detail: 'host-a: no host is here' });
    expect(sample.values).toBeUndefined();
    expect((await sampler()(probe(source))).detail).toBe('no host of the inventory matches');
  });
});
