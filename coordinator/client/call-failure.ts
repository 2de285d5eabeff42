/** Why a call did not succeed, in the few kinds that a caller decides by. */
import { type ServiceError, status } from '@grpc/grpc-js';
import type { Refusal } from '../../proto/refusal.ts';
import { refusalsOf } from '../../proto/refusal-status.ts';

export type CallFailureKind =
  /** Nobody answered in time. What the call asked for may or may not have happened. */
  | 'unreachable'
  /** One of the two sides does not accept the other's name. */
  | 'not-allowed'
  | 'refused'
  | 'invalid'
  | 'not-found'
  /** The other side answered, and failed. */
  | 'failed';

export class CallFailure extends Error {
  constructor(
    readonly kind: CallFailureKind,
    message: string,
    readonly refusals: readonly Refusal[] = [],
  ) {
    super(message);
    this.name = 'CallFailure';
  }
}

export function callFailure(error: ServiceError, address: string, role: string): CallFailure {
  const refusals = refusalsOf(error);
  const details = error.details || error.message;
  const kind = kindOf(error, details);
  switch (kind) {
    case 'unreachable':
      return new CallFailure(kind, `cannot reach the ${role} at ${address}: ${reachability(error, details, role)}`);
    case 'not-allowed':
      return new CallFailure(kind, `not allowed at ${address}: ${details}`, refusals);
    case 'failed':
      return new CallFailure(kind, `the ${role} at ${address} failed: ${details}`, refusals);
    default:
      return new CallFailure(kind, details, refusals);
  }
}

function kindOf(error: ServiceError, details: string): CallFailureKind {
  switch (error.code) {
    case status.UNAVAILABLE:
      return isAboutCertificates(details) ? 'not-allowed' : 'unreachable';
    case status.DEADLINE_EXCEEDED:
    case status.CANCELLED:
      return 'unreachable';
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return 'not-allowed';
    case status.FAILED_PRECONDITION:
    case status.RESOURCE_EXHAUSTED:
    case status.ABORTED:
    case status.ALREADY_EXISTS:
      return 'refused';
    case status.INVALID_ARGUMENT:
    case status.OUT_OF_RANGE:
      return 'invalid';
    case status.NOT_FOUND:
      return 'not-found';
    default:
      return 'failed';
  }
}

/** OpenSSL's and Node's own words; grpc-js reports a failed handshake as one more way not to be available. */
function isAboutCertificates(details: string): boolean {
  return /certificate|CERT_|ERR_TLS|ERR_SSL|SSL routines|self.signed|unable to (verify|get)|alert/i.test(details);
}

function reachability(error: ServiceError, details: string, role: string): string {
  if (error.code === status.DEADLINE_EXCEEDED) return 'no answer in time';
  const reason = /ENOENT|ECONNREFUSED|EACCES|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|ETIMEDOUT/.exec(
    details,
  )?.[0];
  switch (reason) {
    case 'ENOENT':
      return `no such socket; is the ${role} running there?`;
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'EACCES':
      return 'this user may not open the socket';
    case 'ECONNRESET':
      return 'the connection was closed; the other side may not accept this certificate';
    case 'ENOTFOUND':
      return 'no such host name';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return 'no route to it';
    default:
      return details;
  }
}
