/** How much a peer may ask of an agent: each limit at its bound and one above, over mutual TLS. */

import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { agentService } from '../../proto/services.ts';
import { type Besieged, startBesieged } from '../rig/besieged.ts';
import { inject } from '../rig/inject.ts';
import { until } from '../rig/until.ts';

const kibibyte = 1024;
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe('an agent', () => {
  let rig: Besieged;
  let coordinator: string;
  let viewer: string;
  beforeAll(async () => {
    // The defaults of a host: five injects a minute.
    rig = await startBesieged('{}');
    coordinator = await rig.issue('coordinator', 'main');
    viewer = await rig.issue('viewer', 'vera');
  });
  afterAll(() => rig.dispose());

  const sessions: ClientHttp2Session[] = [];
  afterEach(() => {
    for (const session of sessions.splice(0)) session.destroy();
  });

  /** @returns undefined when it is closed instead of answered. */
  function open(tlsDirectory: string, name: string): Promise<ClientHttp2Session | undefined> {
    const read = (file: string): Buffer => readFileSync(join(tlsDirectory, file));
    const files = { ca: read('ca.crt'), cert: read(`${name}.crt`), key: read(`${name}.key`) };
    const { host, port } = rig;
    return new Promise((resolve) => {
      const socket = connectTls({ host, port, ...files, ALPNProtocols: ['h2'], checkServerIdentity: () => undefined });
      const session = connectHttp2(`https://${host}`, { createConnection: () => socket });
      sessions.push(session);
      session.on('error', () => resolve(undefined));
      session.on('close', () => resolve(undefined));
      session.on('remoteSettings', () => resolve(session));
    });
  }

  function describeWith(request: Buffer, metadata = new Metadata()): Promise<number> {
    const client = rig.rawClient(coordinator);
    return new Promise((resolve) => {
      client.makeUnaryRequest(
        agentService.describe.path,
        (bytes: Buffer) => bytes,
        (bytes) => bytes,
        request,
        metadata,
        { deadline: Date.now() + 20_000 },
        (error: ServiceError | null) => {
          client.close();
          resolve(error?.code ?? status.OK);
        },
      );
    });
  }

  /** A field that the message does not have: skipped by whoever reads it. */
  function unknownField(bytes: number): Buffer {
    const length = bytes - 5;
    const varint = [(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, (length >> 14) & 0x7f];
    return Buffer.concat([Buffer.from([0xfa, 0x01, ...varint]), Buffer.alloc(length)]);
  }

  it('gives one address 16 connections, and coordinators and halters four more', async () => {
    const viewers: (ClientHttp2Session | undefined)[] = [];
    for (const _ of numbers(17)) viewers.push(await open(viewer, 'vera'));
    expect(viewers.filter(Boolean)).toHaveLength(16);
    const halter = await rig.issue('halter', 'oncall');
    const preferred = [];
    for (const _ of numbers(2)) preferred.push(await open(coordinator, 'main'), await open(halter, 'oncall'));
    expect(preferred.filter(Boolean)).toHaveLength(4);
    expect(await open(coordinator, 'main')).toBeUndefined();
    for (const session of preferred) session?.destroy();
    expect(await until('a place is free again', () => open(coordinator, 'main'))).toBeDefined();
  });

  it('takes a message of 256 KiB and refuses one with a byte more', async () => {
    expect(await describeWith(unknownField(256 * kibibyte))).toBe(status.OK);
    expect(await describeWith(unknownField(256 * kibibyte + 1))).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('refuses metadata of more than 8 KiB, and takes a little less', async () => {
    const withMetadata = (bytes: number): Promise<number> => {
      const metadata = new Metadata();
      metadata.set('x-much', 'v'.repeat(bytes));
      return describeWith(Buffer.alloc(0), metadata);
    };
    expect(await withMetadata(7 * kibibyte)).toBe(status.OK);
    expect(await withMetadata(8 * kibibyte)).toBe(status.RESOURCE_EXHAUSTED);
    expect(await describeWith(Buffer.alloc(0))).toBe(status.OK);
  });

  it('serves 32 streams of a connection, and the next one when one of them has ended', async () => {
    const session = await open(viewer, 'vera');
    expect(session?.remoteSettings.maxConcurrentStreams).toBe(32);
    const headers = { ':method': 'POST', ':path': agentService.watch.path, 'content-type': 'application/grpc' };
    const streams = numbers(33).map(() => session?.request({ ...headers, te: 'trailers' }));
    const answered = new Set<number>();
    for (const [number, stream] of streams.entries()) {
      stream?.on('response', () => answered.add(number));
      stream?.on('error', () => {});
      stream?.resume();
      stream?.end(Buffer.alloc(5));
    }
    // A watcher is answered when something happens.
    await until('32 are answered', async () => (await rig.halt()) > 0 && answered.size >= 32);
    expect(answered.has(32)).toBe(false);
    streams[0]?.close();
    await until('the next one is answered in its turn', async () => (await rig.halt()) > 0 && answered.has(32));
  });

  it('is injected into five times a minute, and halted and restored as often as anyone likes', async () => {
    const client = rig.client(coordinator);
    const selector = { pid: rig.bystander.pid };
    for (const _ of numbers(5)) {
      const fault = await inject(client, { kind: 'process.pause', selector });
      const { receipts } = await client.call('restore', { faultId: fault.faultId ?? '' });
      expect(receipts?.[0]?.confirmed).toBe(true);
    }
    const refused = await inject(client, { kind: 'process.pause', selector }).catch((error: ServiceError) => error);
    expect(refused).toMatchObject({ code: status.FAILED_PRECONDITION });
    expect((refused as ServiceError).details).toContain('at most 5 allowed by injectsPerMinute');
    for (const number of numbers(60)) {
      await client.call('restore', { everything: true });
      const { halt } = await client.call('halt', { requestId: `again-${number}`, reason: 'test' });
      expect(halt?.halted).toBe(true);
    }
    await until('the bystander runs', () => rig.bystander.isRunning());
  });
});
