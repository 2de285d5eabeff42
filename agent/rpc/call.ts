/** The agent's door for every call. */
import type { handleUnaryCall } from '@grpc/grpc-js';
import { agentMethodRoles } from '../../proto/method-roles.ts';
import type { AgentMethod } from '../../proto/services.ts';
import { admitPeer, answering, type CallDoor, commonStatus } from '../../shared/call-door.ts';
import { peerOf } from '../../shared/front-door.ts';
import type { Peer } from '../../shared/peer.ts';

/** Whoever called, after it was found to be allowed. */
export interface Caller {
  readonly name: string;
  readonly peer: Peer;
}

type PeerSource = Parameters<typeof peerOf>[0];

const door: CallDoor<AgentMethod> = {
  program: 'agent',
  rolesAllowed: agentMethodRoles,
  localMethods: ['describe', 'halt'],
};

/** @throws Refused with the role that is missing, and for a certificate that ran out in the middle of a connection. */
export function admit(call: PeerSource, method: AgentMethod): Caller {
  const peer = peerOf(call);
  return { name: admitPeer(door, peer, method, Date.now()), peer };
}

export function unary<Request, Answer>(
  method: AgentMethod,
  handle: (request: Request, caller: Caller) => Answer | Promise<Answer>,
): handleUnaryCall<Request, Answer> {
  return answering((call) => handle(call.request, admit(call, method)), commonStatus);
}

export { commonStatus as statusOf };
