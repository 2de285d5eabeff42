/**
 * What of a journal's settings may be put back. A record is never trusted: its setting must be one that a fault of its
 * kind and parameters sets, of a value that can be, and of something that the policy of this host lets faults touch now.
 */
import { sameProcess } from '../../proto/identity.ts';
import { defaultPolicy, type HostPolicy } from '../core/policy.ts';
import type { ProcessTable } from '../core/process.ts';
import { createProtection } from '../core/protection.ts';
import { type KeptSetting, settingKey } from '../core/setting.ts';
import { findFaultKind } from '../faults/index.ts';
import { parseParameters } from '../faults/parameter.ts';
import { settingRules } from '../host/settings/index.ts';
import type { JournalRecord } from '../store/journal-record.ts';

/** @returns why it is left as it is; undefined where it may be put back. */
export type PutBackGuard = (kept: KeptSetting, record: JournalRecord) => string | undefined;

/**
 * @param policy undefined where it cannot be read: then what needs its word is left alone, and what every host protects
 * is protected still.
 */
export function createPutBackGuard(
  policy: HostPolicy | undefined,
  table: ProcessTable,
  agentPid: number = process.pid,
): PutBackGuard {
  const { protect } = policy ?? defaultPolicy;
  const protection = createProtection(table, { agentPid, operatorPids: [], protect });

  return (kept, record) => {
    const { what, of } = kept;
    if (!isOfItsFault(kept, record))
      return `no ${record.facts.kind} of these parameters sets ${settingKey(kept)} to ${kept.ours}`;
    const kind = settingRules(kept);
    const problem = kind.problem(kept);
    if (problem !== undefined) return problem;
    if (typeof of !== 'string') {
      const found = table.processes.get(of.pid);
      const reasons = found && sameProcess(found.identity, of) ? protection(found) : [];
      return reasons.length === 0 ? undefined : `process ${of.pid} is protected (${reasons.join(', ')})`;
    }
    if (!policy) return `the policy of this host cannot be read, and has the last word on ${what} of ${of}`;
    return kind.refusal?.(of, policy);
  };
}

/** Not whether the fault is allowed now: what may no longer be done must still be undone. */
function isOfItsFault({ what, of, ours }: KeptSetting, { facts }: JournalRecord): boolean {
  try {
    const kind = findFaultKind(facts.kind);
    const wanted = kind?.sets?.(parseParameters(kind.parameters, facts.parameters), facts.targets, {}) ?? [];
    return wanted.some((each) => each.what === what && isSame(each.of, of) && isSameValue(what, each.ours, ours));
  } catch {
    return false;
  }
}

/** The ports that a queue spares are those of the moment when it was set, and nothing is put back by them. */
function isSameValue(what: KeptSetting['what'], one: string, other: string): boolean {
  const [its, others] = what === 'queueing' ? [one, other].map((value) => value.split(' spare ')[0]) : [one, other];
  return its === others;
}

function isSame(one: KeptSetting['of'], other: KeptSetting['of']): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return sameProcess(one, other);
}
