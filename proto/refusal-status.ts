/**
 * Refusals as gRPC carries them: a status with one google.rpc.ErrorInfo a refusal, in the standard
 * `grpc-status-details-bin` trailer (the richer error model of grpc.io, as gRPC libraries of other languages read it).
 */
import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { google } from './codec.ts';
import type { InvalidInput } from './invalid-input.ts';
import { isRefusalReason, type Refusal, refusalDomain } from './refusal.ts';

const detailsKey = 'grpc-status-details-bin';
const errorInfoType = 'type.googleapis.com/google.rpc.ErrorInfo';

/** PERMISSION_DENIED when a role is what is missing, and FAILED_PRECONDITION otherwise. */
export function refusalStatus(refusals: readonly Refusal[]): StatusObject {
  const isRole = refusals.some((refusal) => refusal.reason === 'role-not-allowed');
  const code = isRole ? status.PERMISSION_DENIED : status.FAILED_PRECONDITION;
  const message = refusals.map((refusal) => refusal.message).join('; ');
  const metadata = new Metadata();
  const details = refusals.map((refusal) => ({
    type_url: errorInfoType,
    value: errorInfo(refusal),
  }));
  metadata.set(detailsKey, Buffer.from(google.rpc.Status.encode({ code, message, details }).finish()));
  return { code, details: message, metadata };
}

/** INVALID_ARGUMENT with the path, the value and what it must be. */
export function invalidInputStatus(error: InvalidInput): StatusObject {
  return {
    code: status.INVALID_ARGUMENT,
    details: error.message,
    metadata: new Metadata(),
  };
}

/** The refusals that an error of a call carries; empty when it carries none of ours. */
export function refusalsOf(error: Partial<ServiceError>): readonly Refusal[] {
  const [bytes] = error.metadata?.get(detailsKey) ?? [];
  if (!Buffer.isBuffer(bytes)) return [];
  const details = google.rpc.Status.decode(bytes).details ?? [];
  return details.flatMap((detail) => {
    if (detail.type_url !== errorInfoType || !detail.value) return [];
    const info = google.rpc.ErrorInfo.decode(detail.value);
    const reason = (info.reason ?? '').toLowerCase().replaceAll('_', '-');
    if (info.domain !== refusalDomain || !isRefusalReason(reason)) return [];
    const { message = '', ...bound } = info.metadata ?? {};
    return [{ reason, message, ...bound } satisfies Refusal];
  });
}

/** ErrorInfo reasons are UPPER_SNAKE_CASE by google.rpc's own rule. */
function errorInfo(refusal: Refusal): Uint8Array {
  const { reason, ...metadata } = refusal;
  return google.rpc.ErrorInfo.encode({
    reason: reason.toUpperCase().replaceAll('-', '_'),
    domain: refusalDomain,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)),
  }).finish();
}
