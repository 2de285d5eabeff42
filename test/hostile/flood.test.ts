/** Floods against a real agent over mutual TLS: a known coordinator is answered meanwhile, and halt flows. */
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Besieged, type FloodKind, startBesieged } from '../rig/besieged.ts';
import { until } from '../rig/until.ts';

/** The loop of the agent is never busy for longer; measured as its CPU time, so that a busy machine is no failure of ours. */
const busyMaxMs = 100;
const floodMs = 1200;

describe('an agent under a flood', () => {
  let rig: Besieged;
  let viewer: string;
  beforeAll(async () => {
    rig = await startBesieged();
    viewer = await rig.issue('viewer', 'vera');
  });
  afterAll(() => rig.dispose());

  async function endure(kind: FloodKind, count: number, certificate?: string) {
    const pulse = await rig.startPulse();
    const flood = await rig.startFlood(kind, count, certificate);
    await wait(floodMs);
    const haltMs = await rig.halt();
    const [figures, done] = [await pulse.stop(), await flood.stop()];
    await rig.expectUntouched();
    expect(figures).toMatchObject({ failed: 0 });
    return { figures, done, haltMs };
  }

  it.each([
    ['1,500 idle connections', 'idle', 1500],
    ['200 handshakes that never finish', 'hello', 200],
    ['50 handshakes, a byte at a time', 'drip', 50],
    ['HTTP/2 resets of a peer without a certificate', 'reset', 4],
    ['noise over TLS of a peer without a certificate', 'garbage', 4],
  ] as const)('answers, is not held up and halts: %s', async (_name, kind, count) => {
    const { figures, done } = await endure(kind, count);
    expect(done.opened).toBeGreaterThanOrEqual(count);
    expect(figures.workMaxMs).toBeLessThan(busyMaxMs);
  });

  it.each([
    ['resets', 'reset'],
    ['requests with 8 KiB of headers', 'headers'],
    ['pings', 'ping'],
    ['settings', 'settings'],
    ['continuations', 'continuation'],
    ['noise', 'garbage'],
  ] as const)('answers and halts while a viewer with a certificate sends a flood of %s', async (_name, kind) => {
    const { figures, done } = await endure(kind, 2, viewer);
    expect(done.framesSent).toBeGreaterThan(50);
    expect(figures.workMaxMs).toBeLessThan(2 * busyMaxMs);
  });

  it('takes new connections of a known coordinator while 1,500 idle ones come back again and again', async () => {
    const flood = await rig.startFlood('idle', 1500);
    const pulse = await rig.startPulse('fresh');
    await wait(floodMs);
    const figures = await pulse.stop();
    await flood.stop();
    expect(figures).toMatchObject({ failed: 0 });
    expect(figures.calls).toBeGreaterThan(3);
    expect(figures.workMaxMs).toBeLessThan(busyMaxMs);
  });

  it.each(['silent', 'half a handshake'] as const)('closes a connection within 5 s that is %s', async (kind) => {
    const startedAtMs = performance.now();
    const socket: Socket = connect(rig.port, rig.host);
    let closedAfterMs: number | undefined;
    socket.on('error', () => {});
    socket.on('close', () => {
      closedAfterMs = performance.now() - startedAtMs;
    });
    // The head of a TLS record that never becomes whole.
    if (kind !== 'silent') socket.on('connect', () => socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])));
    socket.resume();
    expect(await until('it is closed', () => closedAfterMs)).toBeLessThan(5000);
  });
});
