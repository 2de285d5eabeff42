/** Every "no" goes into the audit: of calls that were answered with one, and of connections that never became one. */
import { ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import { type AuditRecord, auditRecord } from './audit-chain.ts';

export interface Refusal {
  /** Who was refused. */
  readonly by: string;
  readonly action: 'call-refused' | 'connection-refused';
  /** What was asked for: a method, an address. */
  readonly subject: string;
  readonly detail: string;
}

export interface RefusalRecords {
  /** @returns whether it is written, and not only counted: what a log says of it is bounded likewise. */
  add(refusal: Refusal): boolean;
  /** Writes what is still counted. */
  close(): Promise<void>;
}

export interface RefusalRecordsOptions {
  append(record: AuditRecord): Promise<unknown>;
  unixMs(): number;
  after(ms: number, call: () => void): () => void;
  warn(message: string, error: unknown): void;
}

/** Whoever asks in vain all the time must not fill the disk: of the rest, each minute has the number. */
const eachPerMinute = 30;
const allPerMinute = 300;
const minuteMs = 60_000;
const namesMax = 1000;

export function createRefusalRecords({ append, unixMs, after, warn }: RefusalRecordsOptions): RefusalRecords {
  const counts = new Map<string, number>();
  let written = 0;
  let left = 0;
  let cancel: (() => void) | undefined;

  function write(record: Partial<AuditRecord> & Pick<AuditRecord, 'by' | 'action'>): Promise<unknown> {
    return append(auditRecord({ ...record, atUnixMs: unixMs(), phase: 'refusal' })).catch((error: unknown) =>
      warn('a refusal was not written to the audit', error),
    );
  }

  async function endMinute(): Promise<void> {
    cancel = undefined;
    const unlisted = left;
    counts.clear();
    written = 0;
    left = 0;
    if (unlisted > 0) await write({ by: 'audit', action: 'refusals-counted', detail: `${unlisted} more refusals` });
  }

  return {
    add(refusal) {
      cancel ??= after(minuteMs, () => void endMinute());
      const count = (counts.get(refusal.by) ?? 0) + 1;
      if (counts.size < namesMax || counts.has(refusal.by)) counts.set(refusal.by, count);
      if (count > eachPerMinute || written >= allPerMinute) {
        left += 1;
        return false;
      }
      written += 1;
      void write({ ...refusal });
      return true;
    },
    async close() {
      cancel?.();
      await endMinute();
    },
  };
}

const refusing: readonly status[] = [
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
  status.FAILED_PRECONDITION,
  status.INVALID_ARGUMENT,
];

/** An interceptor that tells of each call that was answered with a "no". */
export function tellRefusals(
  nameOf: (call: { getPeer(): string }) => string,
  add: (refusal: Refusal) => void,
): ServerInterceptor {
  return (method, call) =>
    new ServerInterceptingCall(call, {
      sendStatus(answer, next) {
        if (refusing.includes(answer.code ?? status.OK)) {
          const subject = method.path.slice(method.path.lastIndexOf('/') + 1);
          add({ by: nameOf(call), action: 'call-refused', subject, detail: answer.details ?? '' });
        }
        next(answer);
      },
    });
}
