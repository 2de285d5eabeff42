import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Probe } from '../../../../coordinator/core/experiment.ts';
import { canary } from '../world.ts';
import { sampler } from './surroundings.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serving(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function ask(url: string, more: Partial<Probe> = {}) {
  return sampler()({ ...canary, source: { ...canary.source, url } as Probe['source'], ...more });
}

describe('the HTTP probe', () => {
  it('is good within the range of statuses, and bad outside of it', async () => {
    const url = await serving((request, response) => {
      response.statusCode = request.url === '/' ? 204 : 503;
      response.end();
    });
    expect(await ask(url)).toMatchObject({ isGood: true, detail: 'answered 204' });
    const bad = await ask(`${url}down`);
    expect(bad).toMatchObject({ isGood: false, detail: 'answered 503' });
    expect(bad.latencyMs).toBeGreaterThan(0);
  });

  it('gives up at its timeout, and counts the time that it waited', async () => {
    const url = await serving(() => undefined);
    const sample = await ask(url, { timeoutMs: 100 });
    expect(sample).toMatchObject({ isGood: false, detail: 'no answer within 100 ms' });
    expect(sample.latencyMs).toBeGreaterThanOrEqual(95);
  });

  it('counts a body that trickles against the same timeout', async () => {
    const url = await serving((_request, response) => {
      response.write('a');
    });
    expect(await ask(url, { timeoutMs: 100 })).toMatchObject({ isGood: false });
  });

  it('has no latency when nobody listens', async () => {
    const url = await serving(() => undefined);
    servers.splice(0)[0]?.close();
    const sample = await ask(url);
    expect(sample).toMatchObject({ isGood: false, detail: expect.stringContaining('ECONNREFUSED') });
    expect(sample.latencyMs).toBeUndefined();
  });

  it('follows three redirects and no more', async () => {
    const url = await serving((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left > 0) response.writeHead(302, { location: `/${left - 1}` });
      response.end();
    });
    expect(await ask(`${url}3`)).toMatchObject({ isGood: true });
    expect(await ask(`${url}4`)).toMatchObject({ isGood: false, detail: 'more than 3 redirects' });
  });

  it('does not follow a redirect to anything but HTTP', async () => {
    const url = await serving((_request, response) =>
      response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    );
    expect(await ask(url)).toMatchObject({ isGood: false, detail: 'file: is not http: or https:' });
  });

  it('reads no more than a mebibyte', async () => {
    const url = await serving((_request, response) => {
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        if (!response.destroyed) response.write(chunk, more);
      };
      more();
    });
    expect(await ask(url, { timeoutMs: 5000 })).toMatchObject({
      isGood: false,
      detail: 'answered 200 with over 1 MiB',
    });
  });

  it('opens a connection of its own for each sample', async () => {
    let connections = 0;
    const url = await serving((_request, response) => response.end());
    servers[0]?.on('connection', () => {
      connections += 1;
    });
    await ask(url);
    await ask(url);
    expect(connections).toBe(2);
  });
});
