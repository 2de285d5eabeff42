/**
 * Where gRPC connections come in. Connections are accepted by a server of our own and only then handed to grpc-js,
 * which by itself would hold an idle or half-shaken connection for two minutes and cannot name a local peer.
 */
import { chmodSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import {
  type Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { connectionsMax } from './connection-slots.ts';
import { type Peer, peerName } from './peer.ts';
import { localPeer } from './peer-credentials.ts';
import { createTlsDoor, type TlsListener } from './tls-door.ts';

export interface UnixListener {
  readonly kind: 'unix';
  readonly path: string;
}

export type Listener = UnixListener | TlsListener;

export interface FrontDoor {
  /** As bound: "unix:/path" or "host:port". */
  readonly address: string;
  close(): Promise<void>;
}

/** Of one connection from afar. Nobody calls a host half as often; a flood of calls that are cancelled at once does. */
const callsPerSecondMax = 200;

interface Connection {
  readonly peer: Peer;
  readonly socket: Socket;
  secondBeganAtMs: number;
  callsThisSecond: number;
}

const connections = new Map<string, Connection>();
let connectionCount = 0;

/** @throws Error for a call that did not come in through a front door. */
export function peerOf(call: Pick<ServerUnaryCall<unknown, unknown>, 'getPeer'>): Peer {
  const connection = connections.get(call.getPeer());
  if (!connection) throw new Error('the caller has no name');
  return connection.peer;
}

/** For records: also of a connection that is gone. */
export function nameOfPeer(call: { getPeer(): string }): string {
  const connection = connections.get(call.getPeer());
  return connection ? peerName(connection.peer) : 'nobody';
}

/** An interceptor for every server behind a front door: closes a connection that calls too often. */
export const limitCalls: ServerInterceptor = (_method, call) => {
  const connection = connections.get(call.getPeer());
  if (connection && connection.peer.kind !== 'local' && isTooOften(connection, performance.now()))
    connection.socket.destroy();
  return new ServerInterceptingCall(call);
};

function isTooOften(connection: Connection, nowMs: number): boolean {
  if (nowMs - connection.secondBeganAtMs >= 1000) {
    connection.secondBeganAtMs = nowMs;
    connection.callsThisSecond = 0;
  }
  connection.callsThisSecond += 1;
  return connection.callsThisSecond > callsPerSecondMax;
}

/** Listens, names each connection and hands it to the server. A stale socket file of a dead process is replaced. */
export async function openFrontDoor(server: Server, listener: Listener): Promise<FrontDoor> {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const admit = (socket: Socket, peer: Peer): void => {
    const name = `peer-${++connectionCount}`;
    connections.set(name, { peer, socket, secondBeganAtMs: performance.now(), callsThisSecond: 0 });
    socket.once('close', () => connections.delete(name));
    // grpc-js reports this address as the peer of each call: the one public thread from a call to its connection.
    Object.defineProperty(socket, 'remoteAddress', { value: name });
    Object.defineProperty(socket, 'remotePort', { value: undefined });
    injector.injectConnection(socket);
  };
  const sockets = new Set<Socket>();
  const door = listener.kind === 'unix' ? unixDoor(admit) : createTlsDoor(listener, admit);
  door.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  if (listener.kind === 'unix') await listenUnix(door, listener.path);
  else await listening(door, () => door.listen(listener.port, listener.host));
  return {
    address: boundAddress(door, listener),
    close: () =>
      new Promise((resolve) => {
        injector.destroy();
        door.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function unixDoor(admit: (socket: Socket, peer: Peer) => void): NetServer {
  const door = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    admit(socket, localPeer(socket));
  });
  door.maxConnections = connectionsMax;
  return door;
}

async function listenUnix(door: NetServer, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (await isAnswering(path)) throw new Error(`${path}: another process is listening here`);
  try {
    unlinkSync(path);
  } catch {
    // Nothing was there.
  }
  // The mode is right from the first instant: between listen and a later chmod anyone could connect.
  const before = process.umask(0o177);
  try {
    await listening(door, () => door.listen(path));
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
}

function isAnswering(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

function listening(door: NetServer, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    door.once('error', reject);
    door.once('listening', () => {
      door.off('error', reject);
      resolve();
    });
    listen();
  });
}

function boundAddress(door: NetServer, listener: Listener): string {
  if (listener.kind === 'unix') return `unix:${listener.path}`;
  const address = door.address();
  return typeof address === 'object' && address
    ? `${listener.host}:${address.port}`
    : `${listener.host}:${listener.port}`;
}
