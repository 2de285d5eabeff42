/**
 * The agent's one decision function: `decide(state, command, now)`. Pure: time is an argument, and everything it wants
 * done is an effect whose result comes back as another command.
 *
 *   inject ──▶ binding ──recorded──▶ start holder ──bound──▶ touch ──effect seen──▶ active
 *                 │                                                                  │
 *                 └───── refused, halted, holder lost, too slow ─────▶ ending ◀──────┘ lease over, restore, halt,
 *                                                                       │               holder lost, nothing left
 *                                              looked at the host ──────┼──▶ ended (every target confirmed)
 *                                                                       └──▶ unresolved ──looked again──▶ ended
 */
import { type Cause, isConfirmed, type Receipt } from '../../proto/fault.ts';
import { identityKey, type ProcessIdentity, sameProcess } from '../../proto/identity.ts';
import type { Refusal } from '../../proto/refusal.ts';
import { type Fault, isHeld, isLive, type Life } from './fault.ts';
import { latchHalt, rearmLatch } from './halt.ts';
import { endsAtBootMs, grantLease, isOver, overBecause, renewLease } from './lease.ts';
import type { AgentState, Command, Decision, Effect, Look } from './state.ts';

/** Between the start of a record and the sight of the effect. */
export const bindTimeoutMs = 5000;
/** How long a holder is asked to let go before it is killed, which lets go as well. */
export const politeReleaseMs = 150;
/** How long it may take to let go of one target: one that hangs is not trusted with the others either. */
export const targetReleaseMs = 1000;
export const lookAgainAfterMs = 1000;
/** How long a receipt stays to answer a repeated key or restore. */
export const endedKeptMs = 3_600_000;
export const endedKeptMax = 512;

export function decide(state: AgentState, command: Command, nowBootMs: number): Decision {
  switch (command.type) {
    case 'inject':
      return inject(state, command, nowBootMs);
    case 'recorded':
      return whileBinding(state, command.faultId, (fault, life) => startHolder(state, fault, life));
    case 'holder-bound':
      return whileBinding(state, command.faultId, (fault, life) =>
        isOver(life.lease, nowBootMs)
          ? end(state, [fault], overBecause(life.lease, nowBootMs), 'over before the touch', nowBootMs)
          : { state, effects: [{ type: 'touch', faultId: command.faultId }], reply: { type: 'none' } },
      );
    case 'effect-seen':
      return whileBinding(state, command.faultId, (fault, life) => becomeActive(state, fault, life, command.seen));
    case 'record-failed':
      return whileBinding(state, command.faultId, (fault) =>
        end(state, [fault], 'inject-failed', command.detail, nowBootMs),
      );
    case 'holder-failed':
      // After the touch, a holder gives up only because a floor of the host was crossed.
      return whileHeld(state, command.faultId, (fault, life) =>
        end(state, [fault], life.phase === 'binding' ? 'inject-failed' : 'limit-crossed', command.detail, nowBootMs),
      );
    case 'holder-finished':
      return whileHeld(state, command.faultId, (fault) =>
        end(state, [fault], isDone(fault) ? 'completed' : 'targets-gone', command.detail, nowBootMs),
      );
    case 'holder-ended':
      return whileHeld(state, command.faultId, (fault, life) => {
        const cause = isOver(life.lease, nowBootMs) ? overBecause(life.lease, nowBootMs) : 'holder-died';
        return end(state, [fault], cause, `the holder ended: ${command.how}`, nowBootMs);
      });
    case 'target-released':
      return targetReleased(state, command.faultId, command.target);
    case 'renew':
      return renew(state, command.faultId, command.ttlMs, nowBootMs);
    case 'restore':
      return restore(state, command, nowBootMs);
    case 'halt':
      return halt(state, command, nowBootMs);
    case 'rearm':
      return rearm(state, command);
    case 'looked':
      return looked(state, command.faultId, command.look, nowBootMs);
    case 'tick':
      return tick(state, nowBootMs);
  }
}

/** A fault that ends by itself has done what it was to do, unless it held targets or a program that have gone. */
function isDone({ facts: { binding, targets } }: Fault): boolean {
  return binding === 'one-shot' || (binding === 'journal' && targets.length === 0);
}

/** When `tick` has something to do next, or undefined when nothing is pending. */
export function nextTickAtBootMs(state: AgentState): number | undefined {
  let next: number | undefined;
  for (const { life } of state.faults.values()) {
    const at = dueAtBootMs(life);
    if (at !== undefined && (next === undefined || at < next)) next = at;
  }
  return next;
}

function dueAtBootMs(life: Life): number | undefined {
  switch (life.phase) {
    case 'binding':
      return Math.min(life.bindBeforeBootMs, endsAtBootMs(life.lease));
    case 'active':
      return Math.min(endsAtBootMs(life.lease), ...life.releasing.map(({ beforeBootMs }) => beforeBootMs));
    case 'ending':
      return life.killFromBootMs;
    case 'unresolved':
      return life.lookAgainAtBootMs;
    case 'ended':
      return undefined;
  }
}

function inject(state: AgentState, command: Command & { type: 'inject' }, nowBootMs: number): Decision {
  const { facts } = command;
  const known = [...state.faults.values()].find((fault) => fault.facts.idempotencyKey === facts.idempotencyKey);
  if (known) {
    if (known.facts.requestDigest === facts.requestDigest) {
      return { state, effects: [], reply: { type: 'fault', faultId: known.facts.faultId } };
    }
    const message = `idempotency key ${facts.idempotencyKey} already stands for another inject`;
    return refuse(state, facts.injectedBy, [{ reason: 'key-reused', message }]);
  }
  if (state.keysUsedBefore?.has(facts.idempotencyKey)) {
    const message = `idempotency key ${facts.idempotencyKey} was used before this agent started, and its fault is over`;
    return refuse(state, facts.injectedBy, [{ reason: 'key-reused', message }]);
  }
  const refusals = [...haltRefusals(state, command.haltEpoch), ...command.refusals];
  if (refusals.length > 0) return refuse(state, facts.injectedBy, refusals);
  const lease = grantLease(nowBootMs, { ttlMs: command.leaseTtlMs, durationMs: command.durationMs });
  const life: Life = { phase: 'binding', lease, bindBeforeBootMs: nowBootMs + bindTimeoutMs };
  const fault: Fault = { facts, isRecorded: false, life };
  const injectedAtBootMs = [...state.injectedAtBootMs.filter((at) => at > nowBootMs - 60_000), nowBootMs];
  return {
    state: { ...withFaults(state, [fault]), injectedAtBootMs },
    effects: [{ type: 'record', fault }],
    reply: { type: 'fault', faultId: facts.faultId },
  };
}

/** Why the latch says no, if it does: asked at each inject, and by `Plan` so that a dry run says the same. */
export function haltRefusals(state: AgentState, haltEpoch: number | undefined): readonly Refusal[] {
  const { latch } = state;
  if (latch.isHalted) {
    const because = [latch.reason, latch.by && `by ${latch.by}`].filter(Boolean).join(', ');
    const message = `the host is halted at epoch ${latch.epoch}${because && ` (${because})`}; \`leash rearm\` releases it`;
    return [{ reason: 'halted', message, value: String(latch.epoch) }];
  }
  if (haltEpoch === undefined || haltEpoch === latch.epoch) return [];
  const message = `halt epoch ${haltEpoch} was asked for, and the host is at ${latch.epoch}: plan again`;
  return [{ reason: 'halt-epoch-changed', message, value: String(haltEpoch), bound: String(latch.epoch) }];
}

function startHolder(state: AgentState, fault: Fault, life: Life & { phase: 'binding' }): Decision {
  const recorded: Fault = { ...fault, isRecorded: true };
  return {
    state: withFaults(state, [recorded]),
    effects: [{ type: 'start-holder', fault: recorded, endsAtBootMs: endsAtBootMs(life.lease) }],
    reply: { type: 'none' },
  };
}

function becomeActive(state: AgentState, fault: Fault, life: Life & { phase: 'binding' }, seen: string): Decision {
  const active: Fault = { ...fault, life: { phase: 'active', lease: life.lease, seen, released: [], releasing: [] } };
  return {
    state: withFaults(state, [active]),
    effects: [
      audit('inject-seen', active, seen),
      { type: 'publish', event: { kind: 'fault', fault: active, text: seen } },
    ],
    reply: { type: 'none' },
  };
}

function renew(state: AgentState, faultId: string, ttlMs: number, nowBootMs: number): Decision {
  const fault = state.faults.get(faultId);
  if (!fault) {
    const message = `no fault ${faultId} is known on this host`;
    return { state, effects: [], reply: { type: 'refused', refusals: [{ reason: 'fault-unknown', message }] } };
  }
  const renewed = isHeld(fault) && 'lease' in fault.life ? renewLease(fault.life.lease, nowBootMs, ttlMs) : undefined;
  if (!renewed || !('lease' in fault.life)) {
    const message = `fault ${faultId} is over; a late renewal does not bring it back`;
    return { state, effects: [], reply: { type: 'refused', refusals: [{ reason: 'lease-expired', message }] } };
  }
  return {
    state: withFaults(state, [{ ...fault, life: { ...fault.life, lease: renewed } }]),
    effects: [{ type: 'renew-holder', faultId, endsAtBootMs: endsAtBootMs(renewed) }],
    reply: { type: 'fault', faultId },
  };
}

function restore(state: AgentState, command: Command & { type: 'restore' }, nowBootMs: number): Decision {
  const faults = command.faultIds.flatMap((id) => state.faults.get(id) ?? []);
  const [only] = faults;
  if (command.target && only && faults.length === 1)
    return restoreTarget(state, only, command.target, command, nowBootMs);
  const held = faults.filter(isHeld);
  const decision = end(state, held, command.cause, command.detail, nowBootMs);
  return { ...decision, effects: [...decision.effects, ...held.map((fault) => audit('restore', fault, command.by))] };
}

/** Lets go of one target inside the holder; the last one ends the fault. */
function restoreTarget(
  state: AgentState,
  fault: Fault,
  target: ProcessIdentity,
  command: Command & { type: 'restore' },
  nowBootMs: number,
): Decision {
  const { life } = fault;
  if (life.phase !== 'active' || !fault.facts.targets.some((each) => sameProcess(each, target))) {
    return isHeld(fault)
      ? end(state, [fault], command.cause, command.detail, nowBootMs)
      : { state, effects: [], reply: { type: 'none' } };
  }
  const released = [...new Set([...life.released, identityKey(target)])];
  if (released.length === fault.facts.targets.length) {
    return end(state, [fault], command.cause, command.detail, nowBootMs);
  }
  const { faultId } = fault.facts;
  const targetKey = identityKey(target);
  // Asked twice, the first time counts.
  const isAsked = life.releasing.some((each) => each.targetKey === targetKey);
  const releasing = isAsked
    ? life.releasing
    : [...life.releasing, { targetKey, beforeBootMs: nowBootMs + targetReleaseMs }];
  return {
    state: withFaults(state, [{ ...fault, life: { ...life, released, releasing } }]),
    effects: [{ type: 'release-holder', faultId, target }, audit('restore', fault, `${command.by}: pid ${target.pid}`)],
    reply: { type: 'fault', faultId },
  };
}

function targetReleased(state: AgentState, faultId: string, target: ProcessIdentity): Decision {
  const fault = state.faults.get(faultId);
  if (fault?.life.phase !== 'active') return { state, effects: [], reply: { type: 'none' } };
  const releasing = fault.life.releasing.filter(({ targetKey }) => targetKey !== identityKey(target));
  const next: Fault = { ...fault, life: { ...fault.life, releasing } };
  return { state: withFaults(state, [next]), effects: [], reply: { type: 'none' } };
}

function halt(state: AgentState, command: Command & { type: 'halt' }, nowBootMs: number): Decision {
  const latch = latchHalt(state.latch, command.order);
  // A repeated halt is the same latch: it is on the disks already, or is being tried again.
  const writes: readonly Effect[] = latch === state.latch ? [] : [{ type: 'write-latch', latch }];
  const held = [...state.faults.values()].filter(isHeld);
  // Letting go needs no record, so it comes before the latch is written: a slow disk must not keep anything held.
  const ended = end({ ...state, latch }, held, 'halted', command.order.reason, nowBootMs);
  const text = latch.isHalted
    ? `halted at epoch ${latch.epoch} by ${latch.by}: ${latch.reason}`
    : `a halt from before the rearm at epoch ${latch.epoch} came again: what is held is let go, and the host stays armed`;
  return {
    state: ended.state,
    effects: [
      ...ended.effects,
      ...writes,
      { type: 'audit', entry: { action: 'halt', by: command.order.by, detail: text } },
      { type: 'publish', event: { kind: 'halt', latch, text } },
    ],
    reply: { type: 'latch', latch },
  };
}

/** Decides on a rearm whose new latch is already durable; see `Engine.rearm` for the order. */
function rearm(state: AgentState, command: Command & { type: 'rearm' }): Decision {
  const latch = rearmLatch(state.latch, command.expectedEpoch);
  if (!latch) {
    const message = `epoch ${command.expectedEpoch} was to be rearmed, and the host is at ${state.latch.epoch}: a halt came first`;
    return refuse(state, command.by, [
      {
        reason: 'halt-epoch-changed',
        message,
        value: String(command.expectedEpoch),
        bound: String(state.latch.epoch),
      },
    ]);
  }
  const text = `rearmed at epoch ${latch.epoch} by ${command.by}`;
  return {
    state: { ...state, latch },
    effects: [
      { type: 'audit', entry: { action: 'rearm', by: command.by, detail: `${text}: ${command.reason}` } },
      { type: 'publish', event: { kind: 'rearm', latch, text } },
    ],
    reply: { type: 'latch', latch },
  };
}

function looked(state: AgentState, faultId: string, look: Look, nowBootMs: number): Decision {
  const fault = state.faults.get(faultId);
  if (!fault || (fault.life.phase !== 'ending' && fault.life.phase !== 'unresolved')) {
    return { state, effects: [], reply: { type: 'none' } };
  }
  const { life } = fault;
  const cause = life.phase === 'ending' ? life.cause : life.receipt.cause;
  const detail = life.phase === 'ending' ? life.detail : life.receipt.detail;
  const confirmed = look.isHolderGone && look.targets.every((target) => isConfirmed(target.outcome));
  const receipt: Receipt = {
    faultId,
    cause,
    detail,
    confirmed,
    targets: look.targets,
    endedAtUnixMs: look.atUnixMs,
    restoredMs: Math.round(nowBootMs - life.sinceBootMs),
    resourceBackMs: look.resourceBackMs,
  };
  const next: Fault = {
    ...fault,
    life: confirmed
      ? { phase: 'ended', receipt, endedAtBootMs: nowBootMs }
      : {
          phase: 'unresolved',
          receipt,
          sinceBootMs: life.sinceBootMs,
          lookAgainAtBootMs: nowBootMs + lookAgainAfterMs,
        },
  };
  const text = confirmed ? `ended (${cause}), seen restored` : `unresolved (${cause}): not confirmed yet`;
  const isNews = confirmed || life.phase === 'ending';
  return {
    state: withFaults(state, [next]),
    effects: [
      ...(confirmed ? [{ type: 'forget', faultId } satisfies Effect] : []),
      ...(isNews ? [audit('receipt', next, text)] : []),
      { type: 'publish', event: { kind: 'fault', fault: next, text } },
    ],
    reply: { type: 'receipts', receipts: [receipt] },
  };
}

function tick(state: AgentState, nowBootMs: number): Decision {
  let next = dropOldReceipts(state, nowBootMs);
  const effects: Effect[] = [];
  for (const fault of [...next.faults.values()]) {
    const due = dueAtBootMs(fault.life);
    if (due === undefined || due > nowBootMs) continue;
    const decision = overdue(next, fault, nowBootMs);
    next = decision.state;
    effects.push(...decision.effects);
  }
  return { state: next, effects, reply: { type: 'none' } };
}

function overdue(state: AgentState, fault: Fault, nowBootMs: number): Decision {
  const { life } = fault;
  const { faultId } = fault.facts;
  switch (life.phase) {
    case 'binding':
    case 'active': {
      if (isOver(life.lease, nowBootMs)) {
        return end(state, [fault], overBecause(life.lease, nowBootMs), '', nowBootMs);
      }
      if (life.phase === 'binding') {
        return end(state, [fault], 'inject-failed', `not bound within ${bindTimeoutMs} ms`, nowBootMs);
      }
      const detail = `the holder did not let go of one target within ${targetReleaseMs} ms: it is ended, and lets go of all`;
      return end(state, [fault], 'restored', detail, nowBootMs);
    }
    case 'ending': {
      const again: Fault = { ...fault, life: { ...life, killFromBootMs: nowBootMs + lookAgainAfterMs } };
      return {
        state: withFaults(state, [again]),
        effects: [{ type: 'kill-holder', faultId }],
        reply: { type: 'none' },
      };
    }
    case 'unresolved': {
      const again: Fault = { ...fault, life: { ...life, lookAgainAtBootMs: nowBootMs + 2 * lookAgainAfterMs } };
      return {
        state: withFaults(state, [again]),
        effects: [
          { type: 'kill-holder', faultId },
          { type: 'look', fault: again },
        ],
        reply: { type: 'none' },
      };
    }
    case 'ended':
      return { state, effects: [], reply: { type: 'none' } };
  }
}

/** Ends faults that are still held. Those that are already ending keep their first cause. */
function end(state: AgentState, faults: readonly Fault[], cause: Cause, detail: string, nowBootMs: number): Decision {
  const ending = faults.map((fault): Fault => {
    const wasTouched = fault.life.phase === 'active';
    const killFromBootMs = nowBootMs + (wasTouched ? politeReleaseMs : 0);
    return { ...fault, life: { phase: 'ending', cause, detail, sinceBootMs: nowBootMs, killFromBootMs, wasTouched } };
  });
  return {
    state: withFaults(state, ending),
    effects: [
      // A holder that has not shown its effect yet may be stuck in the middle of the touch: it is not asked, it is killed.
      ...ending.map(({ facts, life }): Effect => {
        const isAsked = life.phase === 'ending' && life.wasTouched;
        return { type: isAsked ? 'release-holder' : 'kill-holder', faultId: facts.faultId };
      }),
      ...ending.map((fault): Effect => ({ type: 'look', fault })),
      ...ending.map(
        (fault): Effect => ({
          type: 'publish',
          event: { kind: 'fault', fault, text: `ending (${cause})${detail && `: ${detail}`}` },
        }),
      ),
    ],
    reply: { type: 'none' },
  };
}

function whileBinding(
  state: AgentState,
  faultId: string,
  next: (fault: Fault, life: Life & { phase: 'binding' }) => Decision,
): Decision {
  const fault = state.faults.get(faultId);
  if (fault?.life.phase === 'binding') return next(fault, fault.life);
  return { state, effects: [], reply: { type: 'none' } };
}

function whileHeld(
  state: AgentState,
  faultId: string,
  next: (fault: Fault, life: Life & { phase: 'binding' | 'active' }) => Decision,
): Decision {
  const fault = state.faults.get(faultId);
  if (fault?.life.phase === 'binding' || fault?.life.phase === 'active') return next(fault, fault.life);
  return { state, effects: [], reply: { type: 'none' } };
}

function refuse(state: AgentState, by: string, refusals: readonly Refusal[]): Decision {
  const text = refusals.map((refusal) => refusal.message).join('; ');
  return {
    state,
    effects: [
      { type: 'audit', entry: { action: 'refused', by, detail: text } },
      { type: 'publish', event: { kind: 'refused', text } },
    ],
    reply: { type: 'refused', refusals },
  };
}

function audit(action: string, fault: Fault, detail: string): Effect {
  return { type: 'audit', entry: { action, by: fault.facts.injectedBy, faultId: fault.facts.faultId, detail } };
}

function withFaults(state: AgentState, changed: readonly Fault[]): AgentState {
  const faults = new Map(state.faults);
  for (const fault of changed) faults.set(fault.facts.faultId, fault);
  return { ...state, faults };
}

function dropOldReceipts(state: AgentState, nowBootMs: number): AgentState {
  const ended = [...state.faults.values()].filter((fault) => !isLive(fault));
  const tooMany = Math.max(0, ended.length - endedKeptMax);
  const old = ended.filter(
    ({ life }, index) => index < tooMany || (life.phase === 'ended' && life.endedAtBootMs < nowBootMs - endedKeptMs),
  );
  if (old.length === 0) return state;
  const faults = new Map(state.faults);
  for (const fault of old) faults.delete(fault.facts.faultId);
  return { ...state, faults };
}
