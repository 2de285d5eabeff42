/** Protection looked at by a holder, at the act. The login chains of callers are known to the agent only. */
import { type ProcessIdentity, sameProcess } from '../../proto/identity.ts';
import type { Guard } from '../core/briefing.ts';
import { createProtection } from '../core/protection.ts';
import { lookAtPorts } from './ports-seen.ts';
import type { ProcessReader } from './process-table.ts';

/** @returns those that are protected, with the reasons. */
export async function protectedAmong(
  identities: readonly ProcessIdentity[],
  { agentPid, protect }: Guard,
  reader: ProcessReader,
): Promise<readonly { readonly identity: ProcessIdentity; readonly reasons: readonly string[] }[]> {
  const table = await reader.readTable();
  const protection = createProtection(table, {
    agentPid,
    operatorPids: [],
    protect,
    ...(protect.ports.length === 0 ? {} : { ports: await lookAtPorts(new Set(protect.ports), table) }),
  });
  return identities.flatMap((identity) => {
    const facts = table.processes.get(identity.pid);
    if (!facts || !sameProcess(facts.identity, identity)) return [];
    const reasons = protection(facts);
    return reasons.length === 0 ? [] : [{ identity, reasons }];
  });
}
