/** Where mutual TLS connections come in: each is shaken hands with in time, named, and given a place, or closed. */
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Principal, Role } from '../proto/role.ts';
import { createConnectionSlots } from './connection-slots.ts';
import type { Peer } from './peer.ts';
import { principalOfCertificate } from './tls-files.ts';

export interface TlsListener {
  readonly kind: 'tls';
  readonly host: string;
  readonly port: number;
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Whom this end is: peers must be of the same trust domain. */
  readonly principal: Principal;
}

export const handshakeTimeoutMs = 3000;
/** After its certificate has run out, a connection stays for as long as it takes to refuse what it asks by name. */
const expiredStaysMs = 10_000;
/** The longest delay of a timer of Node; a longer one would fire at once. */
const timerMaxMs = 2 ** 31 - 1;
/** Who always gets through: those who let go, at an agent that others keep busy. */
const rolesPreferred: readonly Role[] = ['coordinator', 'halter'];

/** A plain server in front: what is over a limit is shown out before any of TLS was begun for it. */
export function createTlsDoor(listener: TlsListener, admit: (socket: Socket, peer: Peer) => void): NetServer {
  const slots = createConnectionSlots();
  /** How to leave the place for handshakes, by the endpoint of the peer: what a TLS socket shares with its TCP socket. */
  const handshakes = new Map<string, () => void>();
  const tls = createTlsServer({
    ca: listener.ca,
    cert: listener.cert,
    key: listener.key,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
    handshakeTimeout: handshakeTimeoutMs,
  });
  tls.on('tlsClientError', (_error, socket) => socket.destroy());
  tls.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    handshakes.get(endpointOf(socket))?.();
    const { principal, notAfterUnixMs, error } = principalOfCertificate(socket.getPeerCertificate());
    const isNamed = error === undefined && principal.trustDomain === listener.principal.trustDomain;
    const address = socket.remoteAddress ?? '';
    const leave = isNamed ? slots.admit(address, rolesPreferred.includes(principal.role)) : undefined;
    if (!isNamed || !leave) {
      socket.destroy();
      return;
    }
    socket.once('close', leave);
    closeAt(socket, notAfterUnixMs + expiredStaysMs);
    admit(socket, { kind: 'certificate', principal, notAfterUnixMs });
  });
  return createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const endpoint = endpointOf(socket);
    const leave = slots.beginHandshake({ address: socket.remoteAddress ?? '', giveWay: () => socket.destroy() });
    const end = (): void => {
      leave();
      handshakes.delete(endpoint);
    };
    handshakes.set(endpoint, end);
    socket.once('close', end);
    tls.emit('connection', socket);
  });
}

function endpointOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function closeAt(socket: Socket, unixMs: number): void {
  const timer = setTimeout(
    () => (Date.now() < unixMs ? closeAt(socket, unixMs) : socket.destroy()),
    Math.min(Math.max(0, unixMs - Date.now()), timerMaxMs),
  );
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
