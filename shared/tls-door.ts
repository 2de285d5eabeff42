/** Where mutual TLS connections come in: each is shaken hands with in time, named, and given a place, or closed. */

import { X509Certificate } from 'node:crypto';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { principalUri, type Role } from '../proto/role.ts';
import { distrustText, tlsStrength } from './certificate-trust.ts';
import { createConnectionSlots } from './connection-slots.ts';
import type { Peer } from './peer.ts';
import { principalOfCertificate, type TlsFiles } from './tls-files.ts';
import type { TlsIdentity } from './tls-identity.ts';
import { createWaitingRoom } from './waiting-room.ts';

export interface TlsListener {
  readonly kind: 'tls';
  readonly host: string;
  readonly port: number;
  /** Whom this end is, and whom it denies: peers must be of the same trust domain. */
  readonly identity: TlsIdentity;
  /** For those who come with a token instead of a certificate: nobody is asked for one, and nobody is named by it. */
  readonly takesTokens?: boolean;
  /** Told why a peer was not let in; the peer itself just sees its connection closed. */
  onTurnedAway?(peer: TurnedAway): void;
}

export interface TurnedAway {
  readonly address: string;
  /** As its certificate says, whether or not that can be believed. */
  readonly name: string | undefined;
  readonly reason: string;
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
  const { identity } = listener;
  const tls = createTlsServer({
    ...contextOf(identity.files()),
    requestCert: !listener.takesTokens,
    // So that whoever is not let in is told apart below, with the reason; nobody is let in without being authorized.
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
    handshakeTimeout: namedWithinMs,
  });
  /** Who is in, so that they can be asked again when the deny list changes. */
  const admitted = new Map<TLSSocket, () => string | undefined>();
  const stopWatching = identity.watch(() => {
    tls.setSecureContext(contextOf(identity.files()));
    for (const [socket, denial] of admitted) if (denial() !== undefined) closeAt(socket, Date.now() + expiredStaysMs);
  });
  tls.on('tlsClientError', (error, socket) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_SSL_')) turnAway(socket, undefined, `the handshake failed (${code})`);
    else socket.destroy();
  });
  tls.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    leaving.get(endpointOf(socket))?.();
    if (listener.takesTokens) {
      const leaveUnnamed = slots.admit(socket.remoteAddress ?? '', false);
      if (!leaveUnnamed) {
        socket.destroy();
        return;
      }
      socket.once('close', leaveUnnamed);
      admit(socket, { kind: 'unnamed' });
      return;
    }
    const { raw } = socket.getPeerCertificate();
    const certificate = raw && new X509Certificate(raw);
    const { principal, notAfterUnixMs, error } = principalOfCertificate({ raw });
    const name = principal && principalUri(principal);
    if (!socket.authorized || !certificate) {
      // Node's types say Error; it is the code.
      turnAway(socket, name, distrustText(socket.authorizationError as unknown as string, certificate));
      return;
    }
    const { trustDomain } = identity.files().principal;
    if (error !== undefined) return turnAway(socket, name, error);
    if (principal.trustDomain !== trustDomain) {
      return turnAway(
        socket,
        name,
        `it is of the trust domain ${principal.trustDomain}, and this end is of ${trustDomain}`,
      );
    }
    const denial = (): string | undefined => identity.files().denyList.denies(certificate);
    const denied = denial();
    if (denied !== undefined) return turnAway(socket, name, `the certificate is revoked: ${denied}`);
    const leave = slots.admit(socket.remoteAddress ?? '', rolesPreferred.includes(principal.role));
    if (!leave) {
      socket.destroy();
      return;
    }
    socket.once('close', leave);
    admitted.set(socket, denial);
    socket.once('close', () => admitted.delete(socket));
    closeAt(socket, notAfterUnixMs + expiredStaysMs);
    admit(socket, { kind: 'certificate', principal, notAfterUnixMs, denial });
  });

  function turnAway(socket: Socket, name: string | undefined, reason: string): void {
    listener.onTurnedAway?.({ address: socket.remoteAddress ?? '', name, reason });
    socket.destroy();
  }

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

  const door = createServer((socket) => {
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
  door.once('close', stopWatching);
  return door;
}

function contextOf({ ca, cert, key }: TlsFiles) {
  return { ca, cert, key, ...tlsStrength };
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
