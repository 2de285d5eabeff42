/** Where mutual TLS connections come in: each is shaken hands with in time, named, and given a place, or closed. */
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Principal, Role } from '../proto/role.ts';
import { createConnectionSlots } from './connection-slots.ts';
import type { Peer } from './peer.ts';
import { principalOfCertificate } from './tls-files.ts';
import { createWaitingRoom } from './waiting-room.ts';

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

/** From its beginning to its name. */
const namedWithinMs = 3000;
/** Of each: connections that have said nothing yet, which cost a descriptor, and handshakes, which cost much more. */
const silentMax = 256;
const handshakesMax = 64;
/** Begun in one turn of the loop, half a millisecond each: between turns, calls are answered. */
const handshakesPerTurn = 4;
/** After its certificate has run out, a connection stays for as long as it takes to refuse what it asks by name. */
const expiredStaysMs = 10_000;
/** The longest delay of a timer of Node; a longer one would fire at once. */
const timerMaxMs = 2 ** 31 - 1;
/** Who always gets through: those who let go, at an agent that others keep busy. */
const rolesPreferred: readonly Role[] = ['coordinator', 'halter'];

/**
 * A plain server in front, since most of what a hostile peer sends is not worth a TLS socket: a connection first waits
 * in one room until it says something, then in another until its handshake is over, and only then has a name and a place.
 */
export function createTlsDoor(listener: TlsListener, admit: (socket: Socket, peer: Peer) => void): NetServer {
  const silent = createWaitingRoom(silentMax);
  const handshakes = createWaitingRoom(handshakesMax);
  const slots = createConnectionSlots();
  /** How to leave the room for handshakes, by the endpoint of the peer: what a TLS socket shares with its TCP socket. */
  const leaving = new Map<string, () => void>();
  /** Of those who spoke, and whose turn has not come. */
  const begins: (() => void)[] = [];
  const tls = createTlsServer({
    ca: listener.ca,
    cert: listener.cert,
    key: listener.key,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
    handshakeTimeout: namedWithinMs,
  });
  tls.on('tlsClientError', (_error, socket) => socket.destroy());
  tls.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    leaving.get(endpointOf(socket))?.();
    const { principal, notAfterUnixMs, error } = principalOfCertificate(socket.getPeerCertificate());
    const isNamed = error === undefined && principal.trustDomain === listener.principal.trustDomain;
    const isPreferred = isNamed && rolesPreferred.includes(principal.role);
    const leave = isNamed ? slots.admit(socket.remoteAddress ?? '', isPreferred) : undefined;
    if (!isNamed || !leave) {
      socket.destroy();
      return;
    }
    socket.once('close', leave);
    closeAt(socket, notAfterUnixMs + expiredStaysMs);
    admit(socket, { kind: 'certificate', principal, notAfterUnixMs });
  });

  function beginSome(): void {
    for (const begin of begins.splice(0, handshakesPerTurn)) begin();
    if (begins.length > 0) setImmediate(beginSome);
  }

  function beginHandshake(socket: Socket): void {
    const endpoint = endpointOf(socket);
    const leave = handshakes.enter({ address: socket.remoteAddress ?? '', giveWay: () => socket.destroy() });
    const end = (): void => {
      leave();
      leaving.delete(endpoint);
    };
    leaving.set(endpoint, end);
    socket.once('close', end);
    tls.emit('connection', socket);
  }

  return createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const leave = silent.enter({ address: socket.remoteAddress ?? '', giveWay: () => socket.destroy() });
    const timer = setTimeout(() => socket.destroy(), namedWithinMs);
    const end = (): void => {
      clearTimeout(timer);
      leave();
    };
    socket.once('close', end);
    socket.once('readable', () => {
      begins.push(() => {
        end();
        // What it said stays in the socket, and TLS reads it there.
        if (!socket.destroyed && socket.readableLength > 0) beginHandshake(socket);
        else socket.destroy();
      });
      if (begins.length === 1) setImmediate(beginSome);
    });
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
