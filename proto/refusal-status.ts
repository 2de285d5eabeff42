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

/** One google.rpc.ErrorInfo. */
export interface StatusDetail {
  /** UPPER_SNAKE_CASE, by google.rpc's own rule. */
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Trailers are bounded, at 8 KiB by most clients: what does not fit would lose the whole status. So a message is cut,
 * and details go in as long as they fit.
 */
const messageBytesMax = 2000;
const detailsBytesMax = 4096;

export function statusWith(code: status, message: string, details: readonly StatusDetail[] = []): StatusObject {
  const metadata = new Metadata();
  const cut = cutMessage(message);
  const packed: { type_url: string; value: Uint8Array }[] = [];
  let bytes = cut.length;
  for (const detail of details) {
    const value = google.rpc.ErrorInfo.encode({ ...detail, domain: refusalDomain }).finish();
    bytes += value.length;
    if (bytes > detailsBytesMax) break;
    packed.push({ type_url: errorInfoType, value });
  }
  if (details.length > 0) {
    metadata.set(detailsKey, Buffer.from(google.rpc.Status.encode({ code, message: cut, details: packed }).finish()));
  }
  return { code, details: cut, metadata };
}

/** PERMISSION_DENIED when a role is what is missing, and FAILED_PRECONDITION otherwise. */
export function refusalStatus(refusals: readonly Refusal[]): StatusObject {
  const isRole = refusals.some((refusal) => refusal.reason === 'role-not-allowed');
  const code = isRole ? status.PERMISSION_DENIED : status.FAILED_PRECONDITION;
  return statusWith(code, refusals.map((refusal) => refusal.message).join('; '), refusals.map(detailOf));
}

/** INVALID_ARGUMENT with the path, the value and what it must be. */
export function invalidInputStatus(error: InvalidInput): StatusObject {
  return statusWith(status.INVALID_ARGUMENT, error.message);
}

/**
 * By what it takes in a trailer, where every byte outside printable ASCII is written as %XX; half a surrogate pair, as
 * an escape in a file can make one, has no such form and would throw inside grpc-js.
 */
function cutMessage(text: string): string {
  const message = text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
  let bytes = 0;
  let length = 0;
  for (const character of message) {
    bytes += /[ -$&-~]/.test(character) ? 1 : 3 * Buffer.byteLength(character);
    if (bytes > messageBytesMax) return `${message.slice(0, length)}…`;
    length += character.length;
  }
  return message;
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

function detailOf({ reason, ...words }: Refusal): StatusDetail {
  const known = Object.entries(words).filter(([, value]) => value !== undefined);
  const metadata = Object.fromEntries(known.map(([key, value]) => [key, cutMessage(value)]));
  return { reason: reason.toUpperCase().replaceAll('-', '_'), metadata };
}
