/** What an agent says of its host: facts, stage, limits, and each fault with the binding that it would get here. */
import type { leash } from '../../proto/codec.ts';
import { bindingWords } from '../../proto/fault.ts';
import type { LatchDurability } from '../../proto/latch-durability.ts';
import { chooseBinding, type HostAbilities } from '../core/binding.ts';
import { isLive } from '../core/fault.ts';
import type { AgentState } from '../core/state.ts';
import type { FaultKind } from '../faults/fault-kind.ts';
import type { ParameterTable } from '../faults/parameter.ts';
import { limits } from '../limits/index.ts';
import type { HostFigures, Limit } from '../limits/limit.ts';
import { faultToWire, haltToWire, type Now } from '../rpc/wire.ts';
import type { LoadedPolicy } from '../store/loaded-policy.ts';

export interface Description {
  readonly hostName: string;
  readonly version: string;
  readonly facts: Omit<leash.v1.IDescribeReply, 'faults' | 'limits' | 'active' | 'halt' | 'stage' | 'labels' | 'host'>;
  readonly policy: LoadedPolicy;
  /** What the limits see of the host now; undefined where it cannot be read. */
  readonly figures: HostFigures | undefined;
  readonly abilities: HostAbilities;
  readonly kinds: readonly FaultKind[];
  readonly state: AgentState;
  readonly latchDurability: LatchDurability;
  readonly now: Now;
}

export function describeHost(description: Description): leash.v1.IDescribeReply {
  const { figures, abilities, state, now } = description;
  const { policy } = description.policy;
  return {
    ...description.facts,
    host: description.hostName,
    version: description.version,
    stage: policy.stage,
    labels: { ...policy.labels },
    halt: haltToWire(state.latch, description.latchDurability),
    faults: description.kinds.map((kind) => kindToWire(kind, abilities)),
    limits: limits.map((limit) => ({
      name: limit.name,
      value: limit.shown(policy),
      summary: limit.summary,
      source: sourceOf(limit, description.policy),
      now: (figures && limit.seen?.(policy, figures)) ?? '',
    })),
    active: [...state.faults.values()].filter(isLive).map((fault) => faultToWire(fault, now)),
    uid: abilities.uid,
    capabilities: [...abilities.capabilities],
  };
}

function sourceOf({ name, isFixed }: Limit, { source, lines }: LoadedPolicy): string {
  if (isFixed) return 'built in';
  const line = lines.get(name);
  return line === undefined ? 'default' : `${source}:${line}`;
}

function kindToWire(kind: FaultKind, abilities: HostAbilities): leash.v1.IFaultKind {
  const choice = chooseBinding(kind, abilities);
  return {
    kind: kind.kind,
    summary: kind.summary,
    targetsProcesses: kind.aim === 'processes',
    binding: choice.kind === 'bound' ? bindingWords.toWire(choice.binding) : 0,
    bindingReason: choice.kind === 'bound' ? choice.reason : '',
    available: choice.kind === 'bound',
    unavailableReason: choice.kind === 'bound' ? '' : choice.reason,
    parameters: parametersToWire(kind.parameters),
    needs: choice.needs.map(({ need, isMet }) => ({
      kind: need.kind,
      name: need.name,
      met: isMet,
      remedy: isMet ? '' : need.remedy,
    })),
  };
}

function parametersToWire(table: ParameterTable): leash.v1.IFaultParameter[] {
  return Object.entries(table).map(([name, parameter]) => ({
    name,
    unit: parameter.unit,
    summary: parameter.summary,
    required: parameter.isRequired,
    minimum: parameter.minimum,
    maximum: parameter.maximum,
    defaultValue: parameter.defaultValue,
  }));
}
