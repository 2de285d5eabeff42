/** One door for every call: who asks, whether that role may, and how an error becomes a status. */
import { type handleUnaryCall, Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { google } from '../../proto/codec.ts';
import { refusalDomain } from '../../proto/refusal.ts';
import type { CoordinatorMethod } from '../../proto/services.ts';
import {
  admitPeer as admitThrough,
  answering,
  type CallDoor,
  commonStatus,
  cutMessage,
  plainStatus,
} from '../../shared/call-door.ts';
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
  if (error instanceof UnknownRun) return plainStatus(status.NOT_FOUND, error.message);
  if (error instanceof RunRefused) {
    const details = error.verdicts.map(({ gate, message }) => ({
      reason: 'GATE_REFUSED',
      metadata: { gate, message },
    }));
    return detailedStatus(status.FAILED_PRECONDITION, error.message, details);
  }
  const problems = fileProblemsOf(error);
  if (problems) {
    const message = problems.map((each) => `${each.file}:${each.line}:${each.column}: ${each.message}`).join('\n');
    return detailedStatus(status.INVALID_ARGUMENT, message, problems.map(problemDetail));
  }
  return commonStatus(error);
}

/** Told by its shape: this layer does not know the reader of files. */
function fileProblemsOf(error: unknown): readonly FileProblem[] | undefined {
  if (!(error instanceof Error) || !('problems' in error) || !Array.isArray(error.problems)) return undefined;
  return error.problems as readonly FileProblem[];
}

interface Detail {
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
}

function problemDetail({ file, line, column, message }: FileProblem): Detail {
  return { reason: 'FILE_PROBLEM', metadata: { file, line: String(line), column: String(column), message } };
}

/** Trailers are bounded (8 KiB at most clients), so that a long list of details is cut rather than the whole status lost. */
const detailsBytesMax = 4096;

function detailedStatus(code: status, message: string, details: readonly Detail[]): StatusObject {
  const packed: { type_url: string; value: Uint8Array }[] = [];
  let bytes = 0;
  for (const { reason, metadata } of details) {
    const value = google.rpc.ErrorInfo.encode({ reason, domain: refusalDomain, metadata: { ...metadata } }).finish();
    bytes += value.length;
    if (bytes > detailsBytesMax) break;
    packed.push({ type_url: 'type.googleapis.com/google.rpc.ErrorInfo', value });
  }
  const metadata = new Metadata();
  const encoded = google.rpc.Status.encode({ code, message: cutMessage(message), details: packed }).finish();
  metadata.set('grpc-status-details-bin', Buffer.from(encoded));
  return { code, details: cutMessage(message), metadata };
}
