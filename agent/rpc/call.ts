/** One door for every call: who asks, whether that role may, and how an error becomes a status. */
import { type handleUnaryCall, type StatusObject, status } from '@grpc/grpc-js';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { invalidInputStatus, refusalStatus, statusWith } from '../../proto/refusal-status.ts';
import { Refused } from '../../proto/refused.ts';
import type { Role } from '../../proto/role.ts';
import type { AgentMethod } from '../../proto/services.ts';
import { peerOf } from '../../shared/front-door.ts';
import { type Peer, peerName } from '../../shared/peer.ts';
import { rolesAllowed } from './roles.ts';

/** Whoever called, after it was found to be allowed. */
export interface Caller {
  readonly name: string;
  readonly peer: Peer;
}

type PeerSource = Parameters<typeof peerOf>[0];

/** What anyone with access to the local socket may do without being root or the agent's own user. */
const localMethods: readonly AgentMethod[] = ['describe', 'halt'];

/** @throws Refused with the role that is missing, and for a certificate that ran out in the middle of a connection. */
export function admit(call: PeerSource, method: AgentMethod): Caller {
  const peer = peerOf(call);
  const name = peerName(peer);
  if (peer.kind === 'certificate') {
    if (Date.now() >= peer.notAfterUnixMs) throw roleRefused(`the certificate of ${name} has expired`);
    const allowed: readonly Role[] = rolesAllowed[method];
    if (!allowed.includes(peer.principal.role)) {
      throw roleRefused(`role ${peer.principal.role} may not ${method} (${allowed.join(', ')} may); ${name}`);
    }
  } else if (!isTrustedUid(peer.uid) && !localMethods.includes(method)) {
    throw roleRefused(`${name} may not ${method} over the local socket: root and the agent's own user may`);
  }
  return { name, peer };
}

export function unary<Request, Answer>(
  method: AgentMethod,
  handle: (request: Request, caller: Caller) => Answer | Promise<Answer>,
): handleUnaryCall<Request, Answer> {
  return (call, reply) => {
    Promise.resolve()
      .then(() => handle(call.request, admit(call, method)))
      .then(
        (answer) => reply(null, answer),
        (error: unknown) => reply(statusOf(error)),
      );
  };
}

/** What is not ours to explain is INTERNAL, with its message: the caller is authenticated. */
export function statusOf(error: unknown): StatusObject {
  if (error instanceof Refused) return refusalStatus(error.refusals);
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
