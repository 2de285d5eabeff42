/** What stands on a host already, and what ended there a moment ago, as the limits see it. */
import type { Fault } from '../core/fault.ts';
import { settingKey } from '../core/setting.ts';
import type { AgentState } from '../core/state.ts';
import type { FaultKind, MagnitudeHost } from '../faults/fault-kind.ts';
import { parseParameters } from '../faults/parameter.ts';
import type { ActiveFault, Ending } from '../limits/limit.ts';
import type { ExaminerPorts } from './examiner-ports.ts';

/** In that millisecond too: whatever of them was stopped may have been read so. */
export function endedSince(state: AgentState, bootMs: number): readonly Fault[] {
  return [...state.faults.values()].filter(({ life }) => life.phase === 'ended' && life.endedAtBootMs >= bootMs);
}

/** By ptrace or by SIGSTOP: of whatever is stopped, the undo is to continue it. */
export function stopsTargets(kind: FaultKind): boolean {
  return kind.undo === 'continue';
}

/** One that is still being let go of ends now at the earliest. */
export function endingsIn(state: AgentState, nowBootMs: number): readonly Ending[] {
  return [...state.faults.values()].flatMap(({ facts, life }): readonly Ending[] => {
    if (life.phase === 'binding' || life.phase === 'active') return [];
    return [{ atBootMs: life.phase === 'ended' ? life.endedAtBootMs : nowBootMs, services: facts.services ?? [] }];
  });
}

/** @param host without what is available: what an active fault has taken is not, any more. */
export function activeFaults(
  faults: readonly Fault[],
  ports: ExaminerPorts,
  host: MagnitudeHost,
): readonly ActiveFault[] {
  return faults.map(({ facts }: Fault): ActiveFault => {
    const kind = ports.findFaultKind(facts.kind);
    const parameters = kind && parseParameters(kind.parameters, facts.parameters);
    const change = parameters && kind.change?.(parameters);
    return {
      faultId: facts.faultId,
      kind: facts.kind,
      // Of a kind that is not known any more, the journal says only this.
      stopsTargets: kind ? stopsTargets(kind) : facts.holdsByPtrace,
      targets: facts.targets,
      magnitude: parameters ? kind.magnitude(parameters, host) : {},
      ...(change === undefined ? {} : { change }),
      settings: (parameters && kind.sets?.(parameters, facts.targets, {}).map(settingKey)) ?? [],
    };
  });
}
