/** The engine's store over the journal, the audit and the latch. */
import { type AuditRecord, auditRecord } from '../../shared/audit-chain.ts';
import type { Audit } from '../../shared/audit-file.ts';
import type { Fault } from '../core/fault.ts';
import type { AuditFact } from '../core/state.ts';
import type { Subject } from '../engine/hold.ts';
import type { Store } from '../engine/ports.ts';
import type { Journal } from '../store/journal.ts';
import type { JournalRecord, Undo } from '../store/journal-record.ts';
import type { LatchStore } from '../store/latch.ts';

export interface StoreParts {
  readonly journal: Journal;
  readonly audit: Audit;
  readonly latch: LatchStore;
  unixMs(): number;
}

export function createStore({ journal, audit, latch, unixMs }: StoreParts): Store {
  return {
    async recordIntent(fault, subject, isWanted) {
      const record = recordOf(fault, subject);
      if (!record) throw new Error('the fault ended before it was recorded');
      // In this order: the next agent answers for all that is in the journal, so none of it may be missing in the audit.
      await audit.append(intentOf(fault, unixMs()));
      if (!isWanted()) throw new Error('the fault was over before it was recorded');
      await journal.put(record);
    },
    async noteHolder(fault, subject, holder) {
      const record = recordOf(fault, subject);
      if (record) await journal.put({ ...record, holder });
    },
    forget: (faultId) => journal.remove(faultId),
    writeLatch: latch.write,
    latchDurability: latch.durability,
    watchLatch: latch.watch,
    async audit(fact) {
      await audit.append(recordOfFact(fact, unixMs()));
    },
  };
}

function recordOf(fault: Fault, subject: Subject): JournalRecord | undefined {
  if (!('lease' in fault.life)) return undefined;
  return { facts: fault.facts, lease: fault.life.lease, undo: undoOf(fault, subject), state: 'intended' };
}

/** What the kernel binds needs no undo: a record of it only says what to look at after a crash. */
function undoOf(fault: Fault, subject: Subject): readonly Undo[] {
  const { kind, parameters } = subject;
  if (fault.facts.binding !== 'journal' || kind.undo === 'none') return [{ type: 'none' }];
  if (kind.undo === 'settings') return (subject.kept ?? []).map((kept) => ({ type: 'put-back', kept }));
  if (kind.undo === 'change') return [{ type: 'change', name: kind.change?.(parameters) ?? '' }];
  return fault.facts.targets.map((target, index) => ({
    type: 'continue',
    target,
    wasStopped: subject.wasStopped[index] ?? false,
  }));
}

function intentOf({ facts }: Fault, atUnixMs: number): AuditRecord {
  return auditRecord({
    atUnixMs,
    phase: 'intent',
    action: 'inject',
    by: facts.injectedBy,
    subject: facts.faultId,
    detail: facts.kind,
    digest: facts.targetsDigest,
    faultId: facts.faultId,
    key: facts.idempotencyKey,
    runId: facts.runId,
    experiment: facts.experiment,
    kind: facts.kind,
    parameters: facts.parameters,
    binding: facts.binding,
    targets: facts.targets.map((target) => `${target.bootId}/${target.pid}/${target.startTimeTicks}`),
  });
}

const intents: readonly string[] = ['rearm-asked', 'rollback'];

function recordOfFact({ action, by, faultId, detail }: AuditFact, atUnixMs: number): AuditRecord {
  const phase = action === 'refused' ? 'refusal' : intents.includes(action) ? 'intent' : 'outcome';
  const about = faultId === undefined ? {} : { subject: faultId, faultId };
  return auditRecord({ atUnixMs, phase, action, by, detail, ...about });
}
