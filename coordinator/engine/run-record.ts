/** How runs and halts came out, for the audit: what was asked for is in it before, and never without its outcome. */
import { openHosts, type RunState } from '../core/run.ts';
import type { HostHalt, HostRearm } from './halting.ts';
import type { AuditEntry, RunEvent, Store } from './ports.ts';

/** A listener for every event of every run. It writes each end once for as long as the coordinator lives, and each injection and receipt with its host. */
export function createRunRecorder(
  store: Pick<Store, 'audit'>,
  warn: (message: string, error: unknown) => void,
): (event: RunEvent, run: RunState) => void {
  const ended = new Set<string>();
  return ({ kind, host, text }, run) => {
    const { runId, scopeDigest } = run.facts;
    const write = (entry: Pick<AuditEntry, 'action' | 'detail' | 'phase'>): void => {
      const record = { by: 'coordinator', subject: runId, digest: scopeDigest, ...entry };
      store.audit(record).catch((error: unknown) => warn('the audit was not written', error));
    };
    if (kind === 'inject' || kind === 'receipt')
      write({ action: `run-${kind}`, phase: 'outcome', detail: `${host}: ${text}` });
    if (run.life.phase !== 'ended' || ended.has(runId)) return;
    ended.add(runId);
    const { result, end } = run.life;
    const owed = openHosts(run);
    const detail = [`${result}: ${end.cause}`, end.detail, owed.length > 0 ? `no receipt from ${owed.join(', ')}` : ''];
    write({ action: 'run-ended', phase: 'outcome', detail: detail.filter((part) => part !== '').join('; ') });
  };
}

export function haltOutcome(by: string, hosts: readonly HostHalt[]): AuditEntry {
  const silent = hosts.filter(({ answer }) => !answer).map(({ host }) => host);
  const rest = silent.length === 0 ? '' : `; not reached: ${silent.join(', ')}`;
  const detail = `${hosts.length - silent.length} of ${hosts.length} hosts latched${rest}`;
  return { by, action: 'halted', subject: 'fleet', phase: 'outcome', detail };
}

export function rearmOutcome(by: string, subject: string, hosts: readonly HostRearm[]): AuditEntry {
  const still = hosts.filter(({ isRearmed }) => !isRearmed).map(({ host, error }) => `${host} (${error})`);
  const rest = still.length === 0 ? '' : `; still halted: ${still.join(', ')}`;
  const detail = `${hosts.length - still.length} of ${hosts.length} hosts rearmed${rest}`;
  return { by, action: 'rearmed', subject, phase: 'outcome', detail };
}
