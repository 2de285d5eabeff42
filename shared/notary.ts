/**
 * Both halves of a countersigned audit, on either side of a session: the ends of one's own audit go out signed and come
 * back countersigned; the other side's are kept in one's own audit before they are countersigned.
 *
 *   agent                                   coordinator
 *     checkpoint of its audit  ──────────▶    keeps it as "witnessed" in its own
 *     keeps it as "checkpoint" ◀──────────    countersignature
 *                     and the same the other way round
 *
 * What is cut off one audit is thus still in the other, where whoever cut it cannot reach.
 */

import { auditRecord } from './audit-chain.ts';
import { type Checkpoint, type CheckpointCause, type Countersignature, parseCheckpoint } from './audit-checkpoint.ts';
import type { Audit } from './audit-file.ts';
import { type AuditKey, isCountersigned, isSigned } from './audit-key.ts';

/** The other end of one session. */
export interface Counterpart {
  /** Who it is, as its certificate or the kernel says. */
  readonly name: string;
  /** Takes a checkpoint of ours, to be countersigned. Never throws. */
  send(checkpoint: Checkpoint): void;
}

export interface Notary {
  /** A session was opened. @returns a function that is called when it ends. */
  join(counterpart: Counterpart): () => void;
  /** Has the end of our audit countersigned, unless it was since the last record that is news. Several at once are one. */
  ask(cause: CheckpointCause): void;
  /** A countersignature of a checkpoint of ours. @throws Error for one that is none; AuditUnavailable */
  keep(from: string, countersignature: Countersignature): Promise<void>;
  /** Keeps a checkpoint of the other side's and countersigns it. @throws Error that says why not; AuditUnavailable */
  witness(from: string, checkpoint: Checkpoint): Promise<Countersignature>;
  close(): void;
}

export interface NotaryOptions {
  readonly audit: Audit;
  readonly key: AuditKey;
  /** The name of our audit: "agent/web-1". */
  readonly log: string;
  unixMs(): number;
  after(ms: number, call: () => void): () => void;
  warn(message: string, error: unknown): void;
  /** How many of the other side are asked each time, in turn. */
  readonly counterpartsMax?: number;
}

const everyMs = 60_000;
/** A run that starts with ten injects gets one checkpoint for them. */
const gatherMs = 250;
const outstandingMax = 64;

export function createNotary(options: NotaryOptions): Notary {
  const { audit, key, log, unixMs, after, warn, counterpartsMax = Number.POSITIVE_INFINITY } = options;
  let counterparts: readonly Counterpart[] = [];
  let coveredSequence = 0;
  let gathering: (() => void) | undefined;
  /** Of several that came together, the last: the end of a run says more than its start. */
  let causeOfNext: CheckpointCause = 'period';
  const seen = lastSeen(audit);
  /** Sent, and not countersigned yet, by their signatures. */
  const outstanding = new Map<string, Checkpoint>();
  let cancelPeriod = after(everyMs, onPeriod);

  function onPeriod(): void {
    cancelPeriod = after(everyMs, onPeriod);
    ask('period');
  }

  function ask(cause: CheckpointCause): void {
    if (counterparts.length === 0 || audit.newsSequence() <= coveredSequence) return;
    causeOfNext = cause;
    gathering ??= after(gatherMs, () => {
      gathering = undefined;
      send(causeOfNext);
    });
  }

  function send(cause: CheckpointCause): void {
    const { sequence, hash } = audit.end();
    const checkpoint = key.sign({ log, sequence, hash, atUnixMs: Math.round(unixMs()), cause });
    outstanding.set(checkpoint.signature, checkpoint);
    const [oldest] = outstanding.keys();
    if (outstanding.size > outstandingMax && oldest !== undefined) outstanding.delete(oldest);
    const asked = counterparts.slice(0, counterpartsMax);
    counterparts = [...counterparts.slice(asked.length), ...asked];
    for (const counterpart of asked) counterpart.send(checkpoint);
  }

  const watching = audit.watch(({ action }) => {
    if (startsRun.includes(action)) ask('run-start');
    if (endsRun.includes(action)) ask('run-end');
  });

  return {
    join(counterpart) {
      counterparts = [counterpart, ...counterparts];
      ask('session-start');
      return () => {
        counterparts = counterparts.filter((each) => each !== counterpart);
      };
    },
    ask,
    async keep(from, countersignature) {
      const checkpoint = outstanding.get(countersignature.checkpoint);
      if (!checkpoint) throw new Error(`${from} countersigned what was not asked of it`);
      if (!isCountersigned(checkpoint, countersignature)) throw new Error(`the countersignature of ${from} is wrong`);
      const detail = `${checkpoint.cause}: everything up to record ${checkpoint.sequence}`;
      const { checkpoint: _of, ...by } = countersignature;
      await audit.append(
        auditRecord({
          atUnixMs: unixMs(),
          by: from,
          action: 'checkpoint',
          subject: log,
          detail,
          checkpoint: { ...checkpoint },
          witness: by,
        }),
      );
      coveredSequence = Math.max(coveredSequence, checkpoint.sequence);
    },
    async witness(from, checkpoint) {
      const refuse = (why: string): never => {
        const record = { atUnixMs: unixMs(), by: from, action: 'not-witnessed', subject: checkpoint.log, detail: why };
        audit
          .append(auditRecord({ ...record, phase: 'refusal', checkpoint: { ...checkpoint } }))
          .catch((error: unknown) => warn('the audit was not written', error));
        throw new Error(why);
      };
      if (!isSigned(checkpoint)) throw new Error(`the signature of a checkpoint of ${from} is wrong`);
      const last = seen.get(checkpoint.log);
      if (last?.key === checkpoint.key) {
        if (checkpoint.sequence < last.sequence) {
          refuse(`its audit went back from record ${last.sequence} to ${checkpoint.sequence}`);
        }
        if (checkpoint.sequence === last.sequence && checkpoint.hash !== last.hash) {
          refuse(`its record ${last.sequence} is another one than before`);
        }
      }
      const change = last && last.key !== checkpoint.key ? `; signed by another key than ${last.key}` : '';
      await audit.append(
        auditRecord({
          atUnixMs: unixMs(),
          by: from,
          action: 'witnessed',
          subject: checkpoint.log,
          detail: `${checkpoint.cause}: everything up to record ${checkpoint.sequence}${change}`,
          checkpoint: { ...checkpoint },
        }),
      );
      seen.set(checkpoint.log, checkpoint);
      return key.countersign(checkpoint, log);
    },
    close() {
      watching();
      cancelPeriod();
      gathering?.();
    },
  };
}

/** Of either side: the actions whose records a checkpoint follows at once. */
const startsRun: readonly string[] = ['inject', 'start'];
const endsRun: readonly string[] = ['receipt', 'run-ended'];

/** The last checkpoint of each audit that was witnessed here, as far as the recent records go back. */
function lastSeen(audit: Audit): Map<string, Checkpoint> {
  const seen = new Map<string, Checkpoint>();
  for (const entry of audit.recent) {
    if (entry.action !== 'witnessed') continue;
    const checkpoint = parseCheckpoint(entry.checkpoint);
    seen.set(checkpoint.log, checkpoint);
  }
  return seen;
}
