/** One door for every call: who asks, whether that role may, and how an error becomes a status. */
import { type handleUnaryCall, type StatusObject, status } from '@grpc/grpc-js';
import { type StatusDetail, statusWith } from '../../proto/refusal-status.ts';
import type { CoordinatorMethod } from '../../proto/services.ts';
import { admitPeer as admitThrough, answering, type CallDoor, commonStatus } from '../../shared/call-door.ts';
import { peerOf } from '../../shared/front-door.ts';
import type { Peer } from '../../shared/peer.ts';
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

const door: CallDoor<CoordinatorMethod> = {
  program: 'coordinator',
  rolesAllowed,
  localMethods: ['listHosts', 'haltFleet'],
};

/** @returns the caller's name, for the audit. @throws Refused with the role that is missing. */
export function admit(call: PeerSource, method: CoordinatorMethod, nowUnixMs = Date.now()): string {
  return admitPeer(peerOf(call), method, nowUnixMs);
}

export function admitPeer(peer: Peer, method: CoordinatorMethod, nowUnixMs: number): string {
  return admitThrough(door, peer, method, nowUnixMs);
}

export function unary<Request, Answer>(
  method: CoordinatorMethod,
  handle: (request: Request, by: string) => Answer | Promise<Answer>,
): handleUnaryCall<Request, Answer> {
  return answering((call) => handle(call.request, admit(call, method)), statusOf);
}

export function statusOf(error: unknown): StatusObject {
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
  return commonStatus(error);
}

/** Told by its shape: this layer does not know the reader of files. */
function fileProblemsOf(error: unknown): readonly FileProblem[] | undefined {
  if (!(error instanceof Error) || !('problems' in error) || !Array.isArray(error.problems)) return undefined;
  return error.problems as readonly FileProblem[];
}

function problemDetail({ file, line, column, message }: FileProblem): StatusDetail {
  return { reason: 'FILE_PROBLEM', metadata: { file, line: String(line), column: String(column), message } };
}
