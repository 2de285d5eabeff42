/** What the network faults share: a table of rules that the holder owns, and looking for it from outside. */

import type { ControlPath } from '../core/briefing.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { HolderKernel } from '../holders/holder-kernel.ts';
import type { Hold, HoldContext, SeenTarget, Sight } from './fault-kind.ts';
import { nativeCalls, networkAdministration, ownedTables, packetFilter } from './needs.ts';
import type { PortRange, Traffic } from './network-parameter.ts';
import type { ParameterTable } from './parameter.ts';
import { type Direction, type Rules, ruleScript, type TrafficMatch, type Verdict } from './rule-script.ts';

/** What every fault has in common that is a table of rules. */
export const ruleFault = {
  aim: 'host',
  bindings: ['kernel'],
  holdsByPtrace: false,
  undo: 'none',
  needs: [nativeCalls, networkAdministration, packetFilter, ownedTables],
  asksHost: 'controlPath',
  magnitude: () => ({}),
  seeEffect: seeRules,
  seeRestored: seeRulesGone,
} as const;

/** @throws HoldFailure target-protected where only the control path would be hit; fault-unavailable in the words of nft. */
export function holdTraffic(
  { kernel, briefing }: Pick<HoldContext<ParameterTable>, 'kernel' | 'briefing'>,
  traffic: Traffic,
  verdict: Verdict,
): Hold {
  const controlPath = controlPathOf(briefing.controlPath);
  refuseProtected(traffic.localPorts, controlPath);
  const directions: readonly Direction[] = traffic.direction === 'both' ? ['in', 'out'] : [traffic.direction];
  return holdRules(kernel, {
    controlPath,
    directions,
    hitsLoopback: traffic.loopback,
    matches: [matchOf(traffic, kernel)],
    verdict,
  });
}

/** @throws HoldFailure fault-unavailable in the words of nft, and then nothing is held: the kernel takes all rules or none. */
export function holdRules(kernel: HolderKernel, rules: Omit<Rules, 'table'>): Hold {
  const table = tableOf(kernel.pid);
  const held = kernel.holdRules(ruleScript({ table, ...rules }));
  const spared = rules.controlPath.localPorts.join(', ');
  return {
    touched: [`table inet ${table} is in force; local TCP ports ${spared} are spared`],
    release: () => held.release(),
    finished: new Promise<never>(() => {}),
  };
}

/** @throws HoldFailure: without knowing the way back, nothing is cut. */
export function controlPathOf(controlPath: ControlPath | undefined): ControlPath {
  if (controlPath && controlPath.localPorts.length > 0) return controlPath;
  throw new HoldFailure('holder-failed', 'the holder was not told the control path');
}

function refuseProtected(asked: readonly PortRange[] | undefined, { localPorts }: ControlPath): void {
  if (asked === undefined) return;
  const isSpared = (port: number): boolean => localPorts.includes(port);
  const isHit = asked.some(
    ({ first, last }) => last - first >= localPorts.length || !rangeOf(first, last).every(isSpared),
  );
  if (isHit) return;
  const message = `only ports of the control path would be hit: ${localPorts.join(', ')} are always spared`;
  throw new HoldFailure('target-protected', message);
}

function rangeOf(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** @throws HoldFailure no-match for a user or a cgroup that this host does not have. */
function matchOf(traffic: Traffic, kernel: HolderKernel): TrafficMatch {
  const { protocol, localPorts, remotePorts, addresses } = traffic;
  const uid = traffic.user === undefined ? undefined : kernel.uidOf(traffic.user);
  if (traffic.user !== undefined && uid === undefined) {
    throw new HoldFailure('no-match', `this host has no user ${traffic.user}`);
  }
  const cgroup = traffic.cgroup === undefined ? undefined : kernel.cgroupOf(traffic.cgroup);
  if (traffic.cgroup !== undefined && cgroup === undefined) {
    throw new HoldFailure('no-match', `this host has no cgroup ${traffic.cgroup} in the unified hierarchy`);
  }
  return {
    protocol,
    ...(localPorts ? { localPorts } : {}),
    ...(remotePorts ? { remotePorts } : {}),
    ...(addresses ? { addresses } : {}),
    ...(uid === undefined ? {} : { uid }),
    ...(cgroup === undefined ? {} : { cgroup }),
  };
}

/** The pid of a living holder is nobody else's, so its table is found without being told. */
const tablePrefix = 'leash_';

function tableOf(holderPid: number): string {
  return `${tablePrefix}${holderPid}`;
}

function seeRules<Table extends ParameterTable>({ host, holders: [holder] }: Sight<Table>) {
  const seen = holder ? host.ruleTables(tableOf(holder.pid)) : ({ kind: 'seen', tables: [] } as const);
  if (seen.kind === 'unknown') return { isSeen: false, seen: seen.why };
  const table = seen.tables.find(({ name }) => name === (holder && tableOf(holder.pid)));
  if (!table) return { isSeen: false, seen: 'the kernel has no such table' };
  const isBound = table.ownerPort !== undefined;
  const owner = isBound ? `it goes with netlink socket ${table.ownerPort}` : 'it has no owner';
  return { isSeen: isBound && table.rules > 0, seen: `the kernel has ${table.rules} rules in it; ${owner}` };
}

/** Where no holder is known, because the agent died before it was noted, no table of any holder may be there. */
function seeRulesGone<Table extends ParameterTable>({ host, holders: [holder] }: Sight<Table>): readonly SeenTarget[] {
  const nothing = { threads: 0, threadsRunning: 0 };
  const seen = host.ruleTables(holder ? tableOf(holder.pid) : tablePrefix);
  if (seen.kind === 'unknown') return [{ outcome: 'unknown', seen: seen.why, ...nothing }];
  const left = seen.tables.map(({ name }) => name).filter((name) => !holder || name === tableOf(holder.pid));
  return left.length === 0
    ? [{ outcome: 'restored', seen: 'the kernel has no such table', ...nothing }]
    : [{ outcome: 'still-held', seen: `the kernel still has the table ${left.join(', ')}`, ...nothing }];
}
