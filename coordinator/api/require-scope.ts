/** Calls that are about hosts are refused for those that no binding of the caller covers. */
import { coordinatorMethodRoles } from '../../proto/method-roles.ts';
import { Refused } from '../../proto/refused.ts';
import type { CoordinatorMethod } from '../../proto/services.ts';
import { type Asker, accessRefusals } from '../core/access.ts';
import type { FleetHost } from '../engine/fleet-port.ts';

/** @throws Refused with a line for each host that is not covered. */
export function requireScope(
  asker: Asker,
  method: CoordinatorMethod,
  names: readonly string[],
  hosts: readonly FleetHost[],
): void {
  const deeds = names.map((host) => ({ host, labels: hosts.find(({ name }) => name === host)?.labels ?? {} }));
  const refusals = accessRefusals(asker, { allowed: coordinatorMethodRoles[method], verb: method, deeds });
  if (refusals.length > 0) {
    throw new Refused(refusals.map((message) => ({ reason: 'role-not-allowed' as const, message })));
  }
}
