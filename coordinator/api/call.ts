/** One door for every call: who asks, whether that role may, and how an error becomes a status. */
import { type handleUnaryCall, type StatusObject, status } from '@grpc/grpc-js';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { invalidInputStatus, refusalStatus, type StatusDetail, statusWith } from '../../proto/refusal-status.ts';
import { Refused } from '../../proto/refused.ts';
import type { Role } from '../../proto/role.ts';
import type { CoordinatorMethod } from '../../proto/services.ts';
import { peerOf } from '../../shared/front-door.ts';
import { type Peer, peerName } from '../../shared/peer.ts';
import { RunRefused, UnknownRun } from '../engine/errors.ts';
import { rolesAllowed } from './roles.ts';

type PeerSource = Parameters<typeof peerOf>[0];

/** How the text of a file is wrong; the reader of experiments throws it. */
interface FileProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What anyone with access to the local socket may do without being root or the coordinator's own user. */
const localMethods: readonly CoordinatorMethod[] = ['listHosts', 'haltFleet'];

/** @returns the caller's name, for the audit. @throws Refused with the role that is missing. */
export function admit(call: PeerSource, method: CoordinatorMethod, nowUnixMs = Date.now()): string {
  return admitPeer(peerOf(call), method, nowUnixMs);
}

export function admitPeer(peer: Peer, method: CoordinatorMethod, nowUnixMs: number): string {
  const name = peerName(peer);
  if (peer.kind === 'certificate') {
    // Asked at each call: a connection outlives the certificate that opened it.
    if (nowUnixMs >= peer.notAfterUnixMs) throw roleRefused(`the certificate of ${name} has expired`);
    const allowed: readonly Role[] = rolesAllowed[method];
    if (!allowed.includes(peer.principal.role)) {
      throw roleRefused(`role ${peer.principal.role} may not ${method} (${allowed.join(', ')} may); ${name}`);
    }
  } else if (!isTrustedUid(peer.uid) && !localMethods.includes(method)) {
    throw roleRefused(`${name} may not ${method} over the local socket: root and the coordinator's own user may`);
  }
  return name;
}

export function unary<Request, Answer>(
  method: CoordinatorMethod,
  handle: (request: Request, by: string) => Answer | Promise<Answer>,
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
  if (error instanceof UnknownRun) return statusWith(status.NOT_FOUND, error.message);
  if (error instanceof RunRefused) {
    const details = error.verdicts.map(({ gate, message }) => ({
      reason: 'GATE_REFUSED',
      metadata: { gate, message },
    }));
    return statusWith(status.FAILED_PRECONDITION, error.message, details);
  }
  const problems = fileProblemsOf(error);
  if (problems) {
    const message = problems.map((each) => `${each.file}:${each.line}:${each.column}: ${each.message}`).join('\n');
    return statusWith(status.INVALID_ARGUMENT, message, problems.map(problemDetail));
  }
  return statusWith(status.INTERNAL, error instanceof Error ? error.message : String(error));
}

/** Told by its shape: this layer does not know the reader of files. */
function fileProblemsOf(error: unknown): readonly FileProblem[] | undefined {
  if (!(error instanceof Error) || !('problems' in error) || !Array.isArray(error.problems)) return undefined;
  return error.problems as readonly FileProblem[];
}

function problemDetail({ file, line, column, message }: FileProblem): StatusDetail {
  return { reason: 'FILE_PROBLEM', metadata: { file, line: String(line), column: String(column), message } };
}

function isTrustedUid(uid: number | undefined): boolean {
  return uid === undefined || uid === 0 || uid === process.getuid?.();
}

function roleRefused(message: string): Refused {
  return new Refused([{ reason: 'role-not-allowed', message }]);
}
