/** Messages that no client of ours would send, to a real agent over mutual TLS. */

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type Client, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leash } from '../../proto/codec.ts';
import { type Besieged, startBesieged } from '../rig/besieged.ts';
import { fuzzGrpc, isRight, send, sendToSession } from './fuzz-grpc.ts';
import { pathOf, samples, unaryMethods } from './samples.ts';
import { extremes, writeWire } from './wire-format.ts';

const busyMaxMs = 100;
/** Nothing may be injected, whatever a message comes to mean. */
const policy = 'faults: { allow: [] }\ninjectsPerMinute: 600\n';

describe('an agent', () => {
  let rig: Besieged;
  let next: () => Client;
  beforeAll(async () => {
    rig = await startBesieged(policy);
    next = rig.rawClients(await rig.issue('coordinator', 'fuzz'));
  });
  afterAll(async () => {
    expect(await rig.halt()).toBeGreaterThan(0);
    await rig.expectUntouched();
    await rig.dispose();
  });

  it.each(unaryMethods)(
    'answers each field of %s at its extremes, twice and left out, by the right status',
    async (method) => {
      const wrong: string[] = [];
      for (const message of extremes(samples(rig.bystander.pid)[method])) {
        const answer = await send(next(), method, message);
        if (!isRight(answer))
          wrong.push(`${message.toString('hex').slice(0, 200)}: ${status[answer.code]} ${answer.details}`);
      }
      expect(wrong.slice(0, 5)).toEqual([]);
      await rig.expectUntouched();
    },
    120_000,
  );

  it('answers each field of a message of a session at its extremes', async () => {
    for (const message of extremes(samples(rig.bystander.pid).session)) {
      const answer = await sendToSession(next(), message);
      expect(
        isRight(answer),
        `${message.toString('hex').slice(0, 200)}: ${status[answer.code]} ${answer.details}`,
      ).toBe(true);
    }
  }, 120_000);

  it('is not held up by messages made of a seed, and answers each by the right status', async () => {
    const pulse = await rig.startPulse();
    const { sent, wrong } = await fuzzGrpc(next, rig.bystander.pid, 4, (count) => count >= 600);
    const figures = await pulse.stop();
    expect(wrong).toEqual([]);
    expect(sent).toBe(600);
    expect(figures).toMatchObject({ failed: 0 });
    expect(figures.workMaxMs).toBeLessThan(busyMaxMs);
    await rig.expectUntouched();
  }, 120_000);

  it('refuses a selector that nests as deep as a message allows', async () => {
    let nested: Buffer = Buffer.from([0x0a, 0x01, 0x61]);
    while (nested.length < 60_000) nested = writeWire([{ number: 5, type: 2, value: nested }]);
    const answer = await send(
      next(),
      'plan',
      writeWire([{ number: 2, type: 2, value: writeWire([{ number: 1, type: 2, value: nested }]) }]),
    );
    expect(isRight(answer)).toBe(true);
    expect(answer.code).not.toBe(status.OK);
  });

  it('refuses parameters that nest deep, and names of them that are a quarter of a megabyte long', async () => {
    const { spec, ...rest } = leash.v1.PlanRequest.decode(samples(rig.bystander.pid).plan);
    const long = { fields: { ['k'.repeat(250_000)]: { stringValue: 'v' } } };
    const bytes = Buffer.from(
      leash.v1.PlanRequest.encode({ ...rest, spec: { kind: spec?.kind ?? '', parameters: long } }).finish(),
    );
    expect(await send(next(), 'plan', bytes)).toMatchObject({ code: status.INVALID_ARGUMENT });
    let value: object = { stringValue: 'v' };
    for (let depth = 0; depth < 40; depth += 1) value = { listValue: { values: [value] } };
    const deep = { kind: spec?.kind ?? '', parameters: { fields: { share: value } } };
    const nested = Buffer.from(leash.v1.PlanRequest.encode({ ...rest, spec: deep }).finish());
    expect(await send(next(), 'plan', nested)).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it('unpacks no more of a compressed message than a message may have, and knows what it cannot unpack', async () => {
    const rssKb = (): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${rig.agent.pid()}/status`, 'utf8'))?.[1]);
    const before = rssKb();
    const bomb = gzipSync(Buffer.alloc(128 * 2 ** 20), { level: 9 });
    expect(bomb.length).toBeLessThan(256 * 1024);
    expect(await compressed('gzip', bomb)).toBe(status.RESOURCE_EXHAUSTED);
    expect(await compressed('gzip', Buffer.from('not gzip at all'))).not.toBe(status.OK);
    expect(await compressed('snappy', bomb)).toBe(status.UNIMPLEMENTED);
    expect(rssKb() - before).toBeLessThan(64 * 1024);
    await rig.expectUntouched();
  });

  it('counts a halt once, however often it comes, and a late renewal never', async () => {
    const halt = leash.v1.HaltRequest.encode({ requestId: 'same', reason: 'test' }).finish();
    const epochs = new Set<number>();
    for (let count = 0; count < 5; count += 1) {
      await send(next(), 'halt', Buffer.from(halt));
      epochs.add((await rig.agent.client.call('describe', {})).halt?.epoch ?? 0);
    }
    expect(epochs.size).toBe(1);
    const [epoch = 0] = epochs;
    await rig.agent.client.call('rearm', { expectedEpoch: epoch, reason: 'test' });
    const { results } = await rig.agent.client.call('renew', { renewals: [{ faultId: 'gone', leaseTtlMs: 1000 }] });
    expect(results?.[0]).toMatchObject({ renewed: false });
  });

  /** A call whose one message says that it is compressed. */
  async function compressed(encoding: string, body: Buffer): Promise<number> {
    const { connect: connectHttp2 } = await import('node:http2');
    const { connect: connectTls } = await import('node:tls');
    const directory = await rig.issue('coordinator', `packed-${encoding}-${body.length}`);
    const name = `packed-${encoding}-${body.length}`;
    const read = (file: string): Buffer => readFileSync(`${directory}/${file}`);
    const files = { ca: read('ca.crt'), cert: read(`${name}.crt`), key: read(`${name}.key`) };
    const socket = connectTls({
      host: rig.host,
      port: rig.port,
      ...files,
      ALPNProtocols: ['h2'],
      checkServerIdentity: () => undefined,
    });
    const session = connectHttp2(`https://${rig.host}`, { createConnection: () => socket });
    const head = Buffer.alloc(5);
    head[0] = 1;
    head.writeUInt32BE(body.length, 1);
    const headers = { ':method': 'POST', ':path': pathOf('halt'), 'content-type': 'application/grpc', te: 'trailers' };
    return new Promise((resolve, reject) => {
      const stream = session.request({ ...headers, 'grpc-encoding': encoding });
      const answer = (fields: Record<string, unknown>): void => {
        if (fields['grpc-status'] === undefined) return;
        resolve(Number(fields['grpc-status']));
        session.destroy();
      };
      stream.on('response', answer);
      stream.on('trailers', answer);
      stream.on('error', reject);
      stream.resume();
      stream.end(Buffer.concat([head, body]));
    });
  }
});
