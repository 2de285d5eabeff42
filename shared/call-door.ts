/** The door that every call passes on either side: who asks, whether that role may, and how an error becomes a status. */
import { type handleUnaryCall, type ServerUnaryCall, type StatusObject, status } from '@grpc/grpc-js';
import { InvalidInput } from '../proto/invalid-input.ts';
import { invalidInputStatus, refusalStatus, statusWith } from '../proto/refusal-status.ts';
import { Refused } from '../proto/refused.ts';
import type { Role } from '../proto/role.ts';
import { AuditUnavailable } from './audit-file.ts';
import { type Peer, peerName } from './peer.ts';

export interface CallDoor<Method extends string> {
  /** "agent", for messages. */
  readonly program: string;
  /** Of a peer that was named from afar; the role in its certificate where this is left out. */
  rolesOf?(peer: Peer, method: Method): readonly Role[];
  readonly rolesAllowed: Readonly<Record<Method, readonly Role[]>>;
  /** What anyone with access to the local socket may do without being root or the program's own user. */
  readonly localMethods: readonly Method[];
}

/**
 * @returns the caller's name, for the audit.
 * @throws Refused with the role that is missing, and for a certificate that ran out or was revoked in the middle of a connection.
 */
export function admitPeer<Method extends string>(
  { program, rolesAllowed, localMethods, rolesOf = ownRoles }: CallDoor<Method>,
  peer: Peer,
  method: Method,
  nowUnixMs: number,
): string {
  const name = peerName(peer);
  if (peer.kind === 'unnamed') throw roleRefused(`${name} may not ${method}: a certificate or a token is needed`);
  if (peer.kind !== 'local') {
    // Asked at each call: a connection outlives the certificate that opened it.
    const proof = peer.kind === 'certificate' ? 'certificate' : 'token';
    if (nowUnixMs >= peer.notAfterUnixMs) throw roleRefused(`the ${proof} of ${name} has expired`);
    const denial = peer.kind === 'certificate' ? peer.denial?.() : undefined;
    if (denial !== undefined) throw roleRefused(`the certificate of ${name} is revoked: ${denial}`);
    const allowed = rolesAllowed[method];
    const roles = rolesOf(peer, method);
    if (!roles.some((role) => allowed.includes(role))) {
      const own = roles.length === 0 ? 'no role' : `role ${roles.join(', ')}`;
      throw roleRefused(`${own} may not ${method} (${allowed.join(', ')} may); ${name}`);
    }
  } else if (!isTrustedUid(peer.uid) && !localMethods.includes(method)) {
    throw roleRefused(`${name} may not ${method} over the local socket: root and the ${program}'s own user may`);
  }
  return name;
}

function ownRoles(peer: Peer): readonly Role[] {
  return peer.kind === 'certificate' ? [peer.principal.role] : [];
}

/** @param handle what it throws goes through `statusOf`. */
export function answering<Request, Answer>(
  handle: (call: ServerUnaryCall<Request, Answer>) => Answer | Promise<Answer>,
  statusOf: (error: unknown) => StatusObject,
): handleUnaryCall<Request, Answer> {
  return (call, reply) => {
    Promise.resolve()
      .then(() => handle(call))
      .then(
        (answer) => reply(null, answer),
        (error: unknown) => reply(statusOf(error)),
      );
  };
}

/** What is not ours to explain is INTERNAL, with its message: the caller is authenticated. */
export function commonStatus(error: unknown): StatusObject {
  if (error instanceof Refused) return refusalStatus(error.refusals);
  if (error instanceof AuditUnavailable) return refusalStatus([{ reason: error.reason, message: error.message }]);
  if (error instanceof InvalidInput) return invalidInputStatus(error);
  return statusWith(status.INTERNAL, error instanceof Error ? error.message : String(error));
}

/** Without native calls the uid is not known; the socket's mode then admits its owner and root only. */
function isTrustedUid(uid: number | undefined): boolean {
  return uid === undefined || uid === 0 || uid === process.getuid?.();
}

function roleRefused(message: string): Refused {
  return new Refused([{ reason: 'role-not-allowed', message }]);
}
