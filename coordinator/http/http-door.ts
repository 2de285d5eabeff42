/** Where HTTP comes in: TLS on TCP, or a Unix socket that only its owner may use. There is no plaintext TCP. */
import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Listener } from '../../shared/front-door.ts';
import type { TlsListener } from '../../shared/tls-door.ts';

export interface HttpDoor {
  /** As bound: "unix:/path" or "host:port". */
  readonly address: string;
  close(): Promise<void>;
}

const connectionsMax = 64;

const limits = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  // How often those are looked at; half a minute unless said.
  connectionsCheckingInterval: 1000,
};

/** What a browser's page of another origin sends is refused by the need of a token, so every host name is answered to. */
// biome-ignore lint/suspicious/noExplicitAny: the door hands requests on, whatever the variables of the app are.
export async function openHttpDoor(app: Hono<any>, listener: Listener): Promise<HttpDoor> {
  const answer = getRequestListener(app.fetch) as RequestListener;
  const server: Server = listener.kind === 'unix' ? createServer(limits, answer) : tlsServer(listener, answer);
  server.maxConnections = connectionsMax;
  server.on('clientError', (_error, socket) => socket.destroy());
  await listening(server, listener);
  const { port } = (server.address() ?? {}) as Partial<AddressInfo>;
  return {
    address: listener.kind === 'unix' ? `unix:${listener.path}` : `${listener.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function tlsServer({ identity }: TlsListener, answer: RequestListener): Server {
  const context = () => {
    const { cert, key } = identity.files();
    return { cert, key, minVersion: 'TLSv1.2' } as const;
  };
  const server = createTlsServer({ ...limits, ...context(), handshakeTimeout: 3000 }, answer);
  server.once(
    'close',
    identity.watch(() => server.setSecureContext(context())),
  );
  return server;
}

async function listening(server: Server, listener: Listener): Promise<void> {
  if (listener.kind !== 'unix') {
    await bound(server, () => server.listen(listener.port, listener.host));
    return;
  }
  mkdirSync(dirname(listener.path), { recursive: true, mode: 0o700 });
  // The state directory's lock has made sure that no other coordinator answers here.
  rmSync(listener.path, { force: true });
  const before = process.umask(0o177);
  try {
    await bound(server, () => server.listen(listener.path));
  } finally {
    process.umask(before);
  }
}

function bound(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    listen();
  });
}
