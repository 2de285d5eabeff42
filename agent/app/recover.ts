/** What an earlier agent left in the journal: every fault of it is over, and is let go of and looked at until confirmed. */

import type { JsonObject } from '../../proto/struct.ts';
import type { Briefing } from '../core/briefing.ts';
import type { Fault } from '../core/fault.ts';
import type { ProcessFacts } from '../core/process.ts';
import type { Engine } from '../engine/engine.ts';
import type { Subject } from '../engine/hold.ts';
import type { Clock } from '../engine/ports.ts';
import type { FaultKind } from '../faults/fault-kind.ts';
import { parseParameters } from '../faults/parameter.ts';
import type { Journal } from '../store/journal.ts';
import type { JournalRecord } from '../store/journal-record.ts';
import type { PutBackGuard } from './put-back-guard.ts';

export interface RecoverParts {
  readonly engine: Engine;
  readonly journal: Journal;
  readonly clock: Clock;
  /** What looking at the faults and undoing them takes. */
  readonly briefing: Briefing;
  readonly guard: PutBackGuard;
  findFaultKind(kind: string): FaultKind | undefined;
  readonly log: { warn(fields: object, message: string): void };
}

export function recoverFaults({ engine, journal, clock, briefing, guard, findFaultKind, log }: RecoverParts): void {
  for (const problem of journal.problems) log.warn({ ...problem }, 'a journal record cannot be read');
  for (const record of journal.records()) {
    const kind = findFaultKind(record.facts.kind);
    if (!kind) {
      log.warn({ kind: record.facts.kind, faultId: record.facts.faultId }, 'a fault of a kind that is not known here');
      continue;
    }
    engine.recover(faultOf(record, clock), subjectOf(record, kind, briefing, guard), record.holder);
    log.warn({ faultId: record.facts.faultId, kind: kind.kind }, 'a fault of an earlier agent is being ended');
  }
}

/** The idempotency keys of what earlier agents began: the intent is in the audit before the act. */
export function keysUsedBefore(entries: readonly JsonObject[]): ReadonlySet<string> {
  return new Set(entries.flatMap(({ action, key }) => (action === 'inject' && typeof key === 'string' ? [key] : [])));
}

function faultOf(record: JournalRecord, clock: Clock): Fault {
  const nowBootMs = clock.bootMs();
  return {
    facts: record.facts,
    isRecorded: true,
    life: {
      phase: 'ending',
      cause: 'agent-died',
      detail: 'the agent that held it ended',
      sinceBootMs: nowBootMs,
      killFromBootMs: nowBootMs,
      wasTouched: true,
    },
  };
}

function subjectOf(record: JournalRecord, kind: FaultKind, briefing: Briefing, guard: PutBackGuard): Subject {
  const { facts, undo } = record;
  return {
    kind,
    briefing,
    parameters: parseParameters(kind.parameters, facts.parameters),
    targets: facts.targets.map((target) => factsOf(target)),
    wasStopped: facts.targets.map((_target, index) => {
      const one = undo[index];
      return one?.type === 'continue' ? one.wasStopped : false;
    }),
    // What is left out is looked at no more, and so never said to be restored.
    kept: undo.flatMap((one) => (one.type === 'put-back' && guard(one.kept, record) === undefined ? [one.kept] : [])),
  };
}

/** Only the identity is known of a target that an earlier agent chose; looking at it needs no more. */
function factsOf(identity: ProcessFacts['identity']): ProcessFacts {
  return {
    identity,
    parentPid: 0,
    name: '',
    state: '',
    uid: 0,
    gid: 0,
    cmdline: [],
    cgroup: '',
    threads: 0,
    residentBytes: 0,
    sessionId: 0,
    isKernelThread: false,
  };
}
