/** Which binding a fault gets on this host, and why: the first of its own list whose every need is met here. */
import type { Binding } from '../../proto/fault.ts';
import type { FaultKind, Need } from '../faults/fault-kind.ts';

export interface HostAbilities {
  /** Why there are none, where there are none. */
  readonly nativeCallsMissing?: string;
  /** Effective, of the agent. */
  readonly uid: number;
  /** Effective, by name: "CAP_SYS_PTRACE". */
  readonly capabilities: ReadonlySet<string>;
  /** /proc/sys/kernel/yama/ptrace_scope, from 0 to 3; 0 where Yama is not built in. */
  readonly yamaScope: number;
  /** Whether somebody replays the journal when agent and holder are killed together. */
  readonly hasSupervisor: boolean;
  /** For needs of the kinds path, helper and kernel: why it is not met here, or undefined when it is. */
  missing(need: Need): string | undefined;
}

export interface NeedSeen {
  readonly need: Need;
  readonly isMet: boolean;
  /** Why it is or is not met, in words. */
  readonly why: string;
}

export type BindingChoice = { readonly needs: readonly NeedSeen[] } & (
  | { readonly kind: 'bound'; readonly binding: Binding; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string }
);

export type BoundFault = Pick<FaultKind, 'kind' | 'bindings' | 'needs'>;

/** @param targetUids of the processes aimed at; left out for "what could be", which supposes processes of the agent's own user. */
export function chooseBinding(fault: BoundFault, host: HostAbilities, targetUids?: readonly number[]): BindingChoice {
  const isSameUser = (targetUids ?? [host.uid]).every((uid) => uid === host.uid);
  const needs = fault.needs.map((need) => ({ need, ...seen(need, host, isSameUser) }));
  if (host.nativeCallsMissing !== undefined) {
    const reason = `${fault.kind} needs native calls, which are not available here: ${host.nativeCallsMissing}`;
    return { kind: 'unavailable', reason, needs };
  }
  const unmet: string[] = [];
  for (const binding of fault.bindings) {
    const its = needs.filter(({ need }) => need.bindings.includes(binding));
    const missing = its.filter((need) => !need.isMet);
    if (missing.length === 0) return { kind: 'bound', binding, reason: boundReason(unmet, its), needs };
    unmet.push(...missing.map((need) => need.why));
  }
  const remedies = needs.filter(({ isMet }) => !isMet).map(({ need }) => need.remedy);
  const reason = `${fault.kind} is not available here: ${[...new Set(unmet)].join('; ')} (${[...new Set(remedies)].join('; ')})`;
  return { kind: 'unavailable', reason, needs };
}

/** What stood against a better binding, or else what speaks for this one. */
function boundReason(unmet: readonly string[], needs: readonly NeedSeen[]): string {
  if (unmet.length > 0) return [...new Set(unmet)].join('; ');
  const privileges = needs.filter(({ need }) => need.kind === 'capability').map((need) => need.why);
  return privileges.length > 0 ? [...new Set(privileges)].join('; ') : 'all that it needs is here';
}

function seen(need: Need, host: HostAbilities, isSameUser: boolean): { isMet: boolean; why: string } {
  if (need.kind === 'capability') return capabilitySeen(need.name, host, isSameUser);
  const missing = host.missing(need);
  return missing === undefined ? { isMet: true, why: `${need.name} is here` } : { isMet: false, why: missing };
}

function capabilitySeen(name: string, host: HostAbilities, isSameUser: boolean): { isMet: boolean; why: string } {
  const isHeld = host.capabilities.has(name);
  if (name === 'CAP_SYS_PTRACE') return ptraceSeen(isHeld, host.yamaScope, isSameUser);
  if (isHeld) return { isMet: true, why: `${name} held` };
  // kill(2): the same user needs no capability.
  if (name === 'CAP_KILL' && isSameUser) return { isMet: true, why: 'the targets have the same user' };
  return { isMet: false, why: `${name} is missing` };
}

/** ptrace(2), "Ptrace access mode checking" and "/proc/sys/kernel/yama/ptrace_scope". */
function ptraceSeen(isHeld: boolean, yamaScope: number, isSameUser: boolean): { isMet: boolean; why: string } {
  // 3 forbids attaching to everyone.
  if (yamaScope >= 3) return { isMet: false, why: `Yama ptrace_scope is ${yamaScope}` };
  if (isHeld) return { isMet: true, why: 'CAP_SYS_PTRACE held' };
  if (!isSameUser) return { isMet: false, why: 'the targets have another user and CAP_SYS_PTRACE is missing' };
  // 1 allows descendants only, which targets never are; 2 allows the capability only.
  if (yamaScope > 0) return { isMet: false, why: `Yama ptrace_scope is ${yamaScope} and CAP_SYS_PTRACE is missing` };
  return { isMet: true, why: 'the targets have the same user and Yama ptrace_scope is 0' };
}
