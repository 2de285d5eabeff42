/** A world in which nothing happens; each test changes one thing. */

import { decide } from '../../../../agent/core/decide.ts';
import type { Fault, FaultFacts } from '../../../../agent/core/fault.ts';
import { armedLatch } from '../../../../agent/core/halt.ts';
import type { AgentState, Command, Decision, Effect } from '../../../../agent/core/state.ts';
import { parsePid } from '../../../../proto/identity.ts';

export const quietState: AgentState = { latch: armedLatch, faults: new Map(), injectedAtBootMs: [] };

export function faultFacts(changes: Partial<FaultFacts> = {}): FaultFacts {
  return {
    faultId: 'fault-1',
    idempotencyKey: 'key-00000001',
    requestDigest: 'sha256:request',
    runId: 'run-1',
    experiment: 'quiet',
    kind: 'process.pause',
    parameters: {},
    binding: 'kernel',
    holdsByPtrace: true,
    targets: [{ bootId: 'boot', pid: parsePid(100), startTimeTicks: 7 }],
    targetsDigest: 'sha256:targets',
    injectedBy: 'uid:0',
    injectedAtUnixMs: 0,
    ...changes,
  };
}

export function injectCommand(changes: Partial<Command & { type: 'inject' }> = {}): Command & { type: 'inject' } {
  return {
    type: 'inject',
    facts: faultFacts(),
    leaseTtlMs: 10_000,
    durationMs: 60_000,
    haltEpoch: 1,
    refusals: [],
    ...changes,
  };
}

/** Decides one command after the other, each at its own instant, and keeps all effects. */
export function play(
  steps: readonly (readonly [atBootMs: number, command: Command])[],
  from: AgentState = quietState,
): { readonly state: AgentState; readonly effects: readonly Effect[]; readonly last: Decision } {
  let last: Decision = { state: from, effects: [], reply: { type: 'none' } };
  const effects: Effect[] = [];
  for (const [atBootMs, command] of steps) {
    last = decide(last.state, command, atBootMs);
    effects.push(...last.effects);
  }
  return { state: last.state, effects, last };
}

export const untilActive: readonly (readonly [number, Command])[] = [
  [0, injectCommand()],
  [1, { type: 'recorded', faultId: 'fault-1' }],
  [2, { type: 'holder-bound', faultId: 'fault-1' }],
  [3, { type: 'effect-seen', faultId: 'fault-1', seen: 'stopped' }],
];

export function only(state: AgentState): Fault {
  const [fault] = state.faults.values();
  if (!fault) throw new Error('there is no fault');
  return fault;
}

export function typesOf(effects: readonly Effect[]): readonly string[] {
  return effects.map((effect) => effect.type);
}
