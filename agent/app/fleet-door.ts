/** The door of the fleet that a host without a certificate speaks to: HTTP over TLS. */
import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { PeerCertificate } from 'node:tls';
import { principalUri } from '../../proto/role.ts';
import { principalOfCertificate } from '../../shared/certificate-name.ts';
import { fingerprintOf, type JoinToken } from '../../shared/join-token.ts';

export interface FleetDoor {
  readonly host: string;
  readonly port: number;
}

export interface JoinRequest {
  readonly secret: string;
  readonly name: string;
  /** Where this host's agent will be. */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly request: string;
}

export interface JoinAnswer {
  readonly certificate: string;
  readonly nowUnixMs: number;
  readonly address: string;
  /** From where the coordinator will come, as far as one can see from here. */
  readonly coordinatorAddress: string;
}

const answerWithinMs = 10_000;
const bytesMax = 65_536;

/**
 * The authority's certificate. Whoever answers is not believed yet: it is the one that the token names, or none.
 * @returns PEM. @throws Error
 */
export async function askAuthority(door: FleetDoor, token: JoinToken): Promise<string> {
  const { status, body } = await call(door, 'GET', '/join/authority', { rejectUnauthorized: false });
  if (status === 404) throw new Error(`${nameOf(door)} takes no hosts: it runs without --ca`);
  const certificate = parse(body);
  if (!certificate || fingerprintOf(certificate.raw) !== token.fingerprint) {
    throw new Error(
      `the token is of the fleet ${token.trustDomain}, and ${nameOf(door)} is of another one: ask for a token there, or join at the coordinator that made this one`,
    );
  }
  return body;
}

/** @throws Error in the coordinator's own words where it refuses. */
export async function postJoin(
  door: FleetDoor,
  { token, authority }: { readonly token: JoinToken; readonly authority: string },
  requestFrom: (localAddress: string) => JoinRequest,
): Promise<JoinAnswer> {
  const checkServerIdentity = (_host: string, certificate: PeerCertificate): Error | undefined => {
    const { principal, error } = principalOfCertificate(certificate);
    if (error !== undefined) return new Error(error);
    if (principal.role === 'coordinator' && principal.trustDomain === token.trustDomain) return undefined;
    return new Error(`${nameOf(door)} is ${principalUri(principal)}, and no coordinator of ${token.trustDomain}`);
  };
  let address = '';
  const { status, body, remoteAddress } = await call(
    door,
    'POST',
    '/join',
    { ca: authority, checkServerIdentity },
    (local) => {
      const document = requestFrom(local);
      address = document.address;
      return document;
    },
  );
  const answer = documentOf(body);
  if (status !== 201) throw new Error(`${nameOf(door)} refuses: ${answer.error ?? `HTTP ${status}`}`);
  const { certificate, nowUnixMs } = answer;
  if (typeof certificate !== 'string' || typeof nowUnixMs !== 'number' || !parse(certificate)) {
    throw new Error(`${nameOf(door)} sent an answer that cannot be read`);
  }
  return { certificate, nowUnixMs, address, coordinatorAddress: remoteAddress };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly remoteAddress: string;
}

/** The body is asked for when the connection is there, since it says from which address it is made. */
function call(
  door: FleetDoor,
  method: string,
  path: string,
  tls: object,
  bodyFrom?: (localAddress: string) => object,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { ...door, method, path, agent: false, servername: '', signal: AbortSignal.timeout(answerWithinMs), ...tls },
      (incoming) => {
        const { remoteAddress = '' } = incoming.socket;
        incoming.on(
          'data',
          () => incoming.socket.bytesRead > bytesMax && incoming.destroy(new Error('too long an answer')),
        );
        text(incoming).then((body) => resolve({ status: incoming.statusCode ?? 0, body, remoteAddress }), reject);
      },
    );
    outgoing.once('error', (error) => reject(new Error(`${nameOf(door)}: ${wordsFor(error)}`)));
    outgoing.once('socket', (socket: Socket) => {
      socket.once('secureConnect', () => {
        const body = bodyFrom === undefined ? undefined : JSON.stringify(bodyFrom(socket.localAddress ?? ''));
        if (body !== undefined) outgoing.setHeader('content-type', 'application/json');
        outgoing.end(body);
      });
    });
  });
}

function wordsFor(error: NodeJS.ErrnoException): string {
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return `did not answer within ${answerWithinMs / 1000} s`;
  const isAboutTime = error.code === 'CERT_NOT_YET_VALID' || error.code === 'CERT_HAS_EXPIRED';
  return isAboutTime
    ? `${error.message}; the clock of this host says ${new Date().toISOString()}: is it right?`
    : error.message;
}

function documentOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(body);
    return typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function nameOf({ host, port }: FleetDoor): string {
  return `${host}:${port}`;
}
