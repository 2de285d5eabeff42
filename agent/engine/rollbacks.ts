/**
 * Rolls back what faults of a run may have left behind, once for each run: when one of them ends for any reason but
 * success, when the coordinator asks, or when an agent starts and finds what an earlier one did not get to. Letting go
 * never waits for any of it, and it needs no coordinator.
 */
import type { ActionOutcome, RollbackAction } from '../../proto/rollback-action.ts';
import type { Fault } from '../core/fault.ts';
import { armed, type RollbackRecord, withoutKey } from '../core/rollback-record.ts';
import type { AgentEvent, AuditFact } from '../core/state.ts';

export interface RollbackPorts {
  /** What an earlier agent left. */
  readonly found: readonly RollbackRecord[];
  /** Durable when it resolves. */
  save(record: RollbackRecord): Promise<void>;
  forget(id: string): Promise<void>;
  /** Never rejects. */
  run(action: RollbackAction): Promise<{ readonly isDone: boolean; readonly seen: string }>;
  audit(fact: AuditFact): Promise<void>;
  bootMs(): number;
  warn(message: string, error: unknown): void;
}

export interface Rollbacks {
  /** Resolves when it is durable. @throws when it cannot be kept: then nothing may be injected. */
  arm(order: {
    readonly runId: string;
    readonly key: string;
    readonly actions: readonly RollbackAction[];
  }): Promise<void>;
  /** The inject was refused: there is nothing to roll back for it. */
  disarm(runId: string, key: string): void;
  /** Looks whether the end of a fault asks for it. */
  hear(event: AgentEvent): void;
  /** Runs it now, or answers with what came of it before. */
  act(order: {
    readonly id: string;
    readonly actions: readonly RollbackAction[];
    readonly by: string;
    readonly reason: string;
  }): Promise<{ readonly outcomes: readonly ActionOutcome[]; readonly isRepeated: boolean }>;
  /** At the start of an agent: every fault of the one before is over, and not because it was done. */
  recover(): void;
}

export function createRollbacks(ports: RollbackPorts): Rollbacks {
  const records = new Map(ports.found.map((record) => [record.id, record]));
  const underWay = new Map<string, Promise<readonly ActionOutcome[]>>();

  async function keep(record: RollbackRecord): Promise<void> {
    records.set(record.id, record);
    await ports.save(record);
  }

  /** Best effort: a disk that is full does not keep a service from being restarted. */
  function note(record: RollbackRecord): void {
    keep(record).catch((error: unknown) => ports.warn('a rollback could not be recorded', error));
  }

  function run(record: RollbackRecord, by: string, detail: string): Promise<readonly ActionOutcome[]> {
    const going = underWay.get(record.id);
    if (going) return going;
    const work = runAll({ ...record, state: 'running' }, by, detail).finally(() => underWay.delete(record.id));
    underWay.set(record.id, work);
    return work;
  }

  async function runAll(record: RollbackRecord, by: string, detail: string): Promise<readonly ActionOutcome[]> {
    note(record);
    const intent = { action: 'rollback', by, detail: `${record.id}: ${detail}` };
    await ports.audit(intent).catch((error: unknown) => ports.warn('the audit of a rollback was not written', error));
    const outcomes: ActionOutcome[] = [];
    for (const action of record.actions) {
      const startedAtMs = ports.bootMs();
      const { isDone, seen } = await ports.run(action);
      outcomes.push({ action, isDone, seen, tookMs: Math.round(ports.bootMs() - startedAtMs) });
    }
    const current = records.get(record.id) ?? record;
    note({ ...current, state: 'done', outcomes });
    const done = outcomes.filter((outcome) => outcome.isDone).length;
    const result = `${record.id}: ${done} of ${outcomes.length} actions done`;
    ports.audit({ action: 'rollback-done', by, detail: result }).catch((error: unknown) => {
      ports.warn('the audit of a rollback was not written', error);
    });
    return outcomes;
  }

  function forgetKey(record: RollbackRecord, key: string): void {
    const next = withoutKey(record, key);
    if (next) note(next);
    else {
      records.delete(record.id);
      ports.forget(record.id).catch((error: unknown) => ports.warn('a rollback could not be forgotten', error));
    }
  }

  function ended({ facts }: Fault, cause: string): void {
    const record = records.get(facts.runId);
    if (!record?.keys.includes(facts.idempotencyKey)) return;
    if (cause === 'completed') forgetKey(record, facts.idempotencyKey);
    else if (record.state === 'armed') void run(record, 'agent', `a fault ended: ${cause}`);
  }

  return {
    arm: ({ runId, key, actions }) => keep(armed(records.get(runId), runId, actions, key)),
    disarm(runId, key) {
      const record = records.get(runId);
      if (record) forgetKey(record, key);
    },
    hear(event) {
      if (event.kind !== 'fault' || !('receipt' in event.fault.life)) return;
      ended(event.fault, event.fault.life.receipt.cause);
    },
    async act({ id, actions, by, reason }) {
      const known = records.get(id);
      if (known?.state === 'done') return { outcomes: known.outcomes, isRepeated: true };
      const isRepeated = underWay.has(id);
      const record = known ?? { id, actions, keys: [], state: 'running', outcomes: [] };
      return { outcomes: await run(record, by, reason), isRepeated };
    },
    recover() {
      for (const record of [...records.values()]) {
        if (record.state !== 'done') void run(record, 'agent', 'the agent that held the faults of this run ended');
      }
    },
  };
}
