/**
 * The one writer of the agent's state. Every command is decided in the turn in which it arrives; its effects are then
 * carried out, and what comes of them arrives as further commands. Letting go never waits for a disk: releases and
 * kills happen within that same turn.
 */

import { isConfirmed, type Receipt } from '../../proto/fault.ts';
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { LatchDurability } from '../../proto/latch-durability.ts';
import { bindTimeoutMs, decide, nextTickAtBootMs } from '../core/decide.ts';
import type { Fault } from '../core/fault.ts';
import { type HaltLatch, rearmLatch } from '../core/halt.ts';
import type { KeptSetting, SettingsPort } from '../core/setting.ts';
import type { AgentEvent, AgentState, Command, Decision, Effect, Reply } from '../core/state.ts';
import type { HolderReport } from '../holders/hold-order.ts';
import { gauge, type Hold, type Subject, sightOf } from './hold.ts';
import { lookForEffect, lookForRestore, lookForTarget } from './look.ts';
import type { EnginePorts } from './ports.ts';

export interface Engine {
  state(): AgentState;
  /** Decides, carries out, and returns the reply at once; what it started goes on. */
  dispatch(command: Command): Reply;
  inject(command: Command & { type: 'inject' }, subject: Subject): Reply;
  /** Resolves when the fault's life satisfies the condition, or with the fault as it is after `withinMs`. */
  until(faultId: string, condition: (fault: Fault) => boolean, withinMs: number): Promise<Fault | undefined>;
  /** Resolves when every disk has taken the newest latch, or failed to. It is in force already. */
  latchWritten(): Promise<void>;
  /** What the latch outlives by now: a disk that failed is tried again. */
  latchDurability(): LatchDurability;
  /** Durable first, then in force; a halt that comes between wins. */
  rearm(order: { expectedEpoch: number; by: string; reason: string }): Promise<Reply>;
  /** Looks at one target that was let go of while the fault goes on; nothing is kept of it. */
  lookAtTarget(faultId: string, target: ProcessIdentity): Promise<Receipt | undefined>;
  watch(listener: (event: AgentEvent) => void): () => void;
  /** Takes over what an earlier agent left in the journal, and lets go of it. */
  recover(fault: Fault, subject: Subject, formerHolder: Hold['formerHolder']): void;
  /** Ends everything that is held. */
  stop(): Promise<void>;
}

/** In the order in which they were set: a unit is started again when it is masked no more. */
async function putBackInOrder(kept: readonly KeptSetting[], settings: SettingsPort): Promise<void> {
  for (const each of kept) await settings.putBack(each);
}

const clampedTimerMs = 60_000;
const keeperUndoMs = 1500;

export function createEngine(ports: EnginePorts, initial: AgentState): Engine {
  let state = initial;
  let cancelTick: (() => void) | undefined;
  let latchWrite: Promise<void> = Promise.resolve();
  const holds = new Map<string, Hold>();
  const listeners = new Set<(event: AgentEvent) => void>();
  const waiters = new Set<() => void>();

  function dispatch(command: Command): Reply {
    const decision: Decision = decide(state, command, ports.clock.bootMs());
    state = decision.state;
    for (const effect of decision.effects) carryOut(effect);
    armTick();
    for (const wake of [...waiters]) wake();
    return decision.reply;
  }

  function carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'record':
        record(effect.fault);
        break;
      case 'start-holder':
        startHolder(effect.fault, effect.endsAtBootMs);
        break;
      case 'touch':
        touch(effect.faultId);
        break;
      case 'renew-holder':
        holds.get(effect.faultId)?.holder?.renew({ endsAtBootMs: effect.endsAtBootMs });
        break;
      case 'release-holder':
        holds.get(effect.faultId)?.holder?.release(effect.target);
        break;
      case 'kill-holder':
        holds.get(effect.faultId)?.holder?.kill();
        break;
      case 'look':
        look(effect.fault);
        break;
      case 'forget':
        holds.delete(effect.faultId);
        attempt('the journal', ports.store.forget(effect.faultId));
        break;
      case 'write-latch':
        latchWrite = writeLatch(effect.latch);
        break;
      case 'audit':
        attempt('the audit', ports.store.audit(effect.entry));
        break;
      case 'publish':
        publish(effect.event);
        break;
    }
  }

  async function writeLatch(latch: HaltLatch): Promise<void> {
    const { durability, failures } = await ports.store.writeLatch(latch);
    if (failures.length > 0) ports.warn(`the halt latch is ${durability}, and is written again`, failures.join('; '));
    if (durability === 'volatile') publishKeeping(latch);
  }

  /** What a halt outlives is news: the event of the halt itself came before any disk had it. */
  function publishKeeping(latch: HaltLatch): void {
    // A rearm is written before it is in force, and is no news of the halt that still is.
    if (latch !== state.latch || !latch.isHalted) return;
    publish({ kind: 'halt', latch, text: `halted at epoch ${latch.epoch}: ${ports.store.latchDurability(latch)}` });
  }

  function publish(event: AgentEvent): void {
    for (const listener of [...listeners]) listener(event);
  }

  function touch(faultId: string): void {
    const hold = holds.get(faultId);
    if (!hold?.holder) return;
    gauge(hold, ports, 'before');
    hold.touchedAtBootMs = ports.clock.bootMs();
    hold.holder.touch();
  }

  function record(fault: Fault): void {
    const { faultId } = fault.facts;
    const hold = holds.get(faultId);
    if (!hold) return;
    ports.store
      .recordIntent(fault, hold.subject, () => holds.get(faultId) === hold)
      .then(
        () => dispatch({ type: 'recorded', faultId }),
        (error: Error) => dispatch({ type: 'record-failed', faultId, detail: `not recorded: ${error.message}` }),
      );
  }

  function startHolder(fault: Fault, endsAtBootMs: number): void {
    const { faultId, kind, binding, targets } = fault.facts;
    const hold = holds.get(faultId);
    if (!hold) return;
    const { stressCgroup } = ports;
    try {
      const holder = ports.holders.start(
        {
          faultId,
          kind,
          parameters: hold.subject.parameters as never,
          binding,
          agentPid: ports.agentPid,
          targets,
          ...(hold.subject.wasStopped.includes(true) ? { wasStopped: hold.subject.wasStopped } : {}),
          deadlines: { endsAtBootMs },
          ...(stressCgroup && hold.subject.kind.aim === 'host' ? { stressCgroup } : {}),
          ...(hold.subject.briefing ? { briefing: hold.subject.briefing } : {}),
          ...(hold.subject.kept ? { kept: hold.subject.kept } : {}),
        },
        (report) => hear(fault, hold, report),
      );
      hold.holder = holder;
      hold.isHolderGone = false;
      attempt('the holder', ports.store.noteHolder(fault, hold.subject, holder.identity));
      holder.ended.then((end) => {
        hold.isHolderGone = true;
        dispatch({ type: 'holder-ended', faultId, how: end.how });
      });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      queueMicrotask(() => dispatch({ type: 'holder-failed', faultId, detail }));
    }
  }

  function hear(fault: Fault, hold: Hold, report: HolderReport): void {
    const { faultId } = fault.facts;
    switch (report.type) {
      case 'bound':
        dispatch({ type: 'holder-bound', faultId });
        return;
      case 'touched':
        gauge(hold, ports, 'touched');
        lookForEffect(hold.subject.kind, sightOf(hold, ports), ports.clock, bindTimeoutMs / 2).then((sight) => {
          const seen = [...report.touched, sight.seen].filter(Boolean).join('; ');
          if (sight.isSeen) dispatch({ type: 'effect-seen', faultId, seen });
          else dispatch({ type: 'holder-failed', faultId, detail: `the effect was not seen: ${seen}` });
        });
        return;
      case 'failed':
        if (report.hasLetGo) hold.hasLetGo = true;
        dispatch({ type: 'holder-failed', faultId, detail: report.message });
        return;
      case 'finished':
        dispatch({ type: 'holder-finished', faultId, detail: report.text });
        return;
      case 'released':
        if (report.target) dispatch({ type: 'target-released', faultId, target: report.target });
        else hold.hasLetGo = true;
        return;
      case 'renewed':
        return;
    }
  }

  function look(fault: Fault): void {
    const { faultId } = fault.facts;
    const hold = holds.get(faultId);
    if (!hold) return;
    if (!hold.isHolderGone && !hold.gauged.ending) gauge(hold, ports, 'ending');
    lookForRestore(hold, ports, () => undo(fault, hold)).then((seen) =>
      dispatch({ type: 'looked', faultId, look: seen }),
    );
  }

  /** Only what the journal says is ours to put back: a process that was stopped before, or by others, is left alone. */
  function undo(fault: Fault, hold: Hold): void {
    if (fault.facts.binding !== 'journal') return;
    switch (hold.subject.kind.undo) {
      case 'continue':
        if (hold.hasLetGo) return;
        for (const [index, target] of fault.facts.targets.entries()) {
          if (!hold.subject.wasStopped[index]) ports.continueProcess(target);
        }
        return;
      case 'change':
        undoChange(hold);
        return;
      case 'settings':
        putBack(hold);
        return;
      case 'none':
        return;
    }
  }

  /** Not waited for. What is ours no more is left alone, so it does not matter what the holder had put back before it ended. */
  function putBack(hold: Hold): void {
    const { settings } = ports;
    const { kept } = hold.subject;
    if (hold.isBeingUndone || !settings || !kept) return;
    hold.isBeingUndone = true;
    void putBackInOrder(kept, settings).then(() => {
      hold.isBeingUndone = false;
    });
  }

  /** The process that kept the change undoes it, and is not disturbed; but not waited for without end, since it may be stopped. */
  function undoChange(hold: Hold): void {
    if (hold.isBeingUndone) return;
    const { kind, parameters, briefing } = hold.subject;
    const [holder] = sightOf(hold, ports).holders;
    hold.undoFromBootMs ??= ports.clock.bootMs() + keeperUndoMs;
    const isKept = holder !== undefined && ports.host.inSessionOf(holder).length > 0;
    if (isKept && ports.clock.bootMs() < hold.undoFromBootMs) return;
    const change = briefing?.changes?.find(({ name }) => name === kind.change?.(parameters));
    if (!change || !ports.changes) return;
    hold.isBeingUndone = true;
    // Not waited for: looks and receipts go on while its program takes its time.
    void ports.changes.undo(change).then(() => {
      hold.isBeingUndone = false;
    });
  }

  function attempt(what: string, promise: Promise<unknown>): void {
    promise.catch((error: unknown) => ports.warn(`${what} could not be written`, error));
  }

  function armTick(): void {
    cancelTick?.();
    const at = nextTickAtBootMs(state);
    if (at === undefined) {
      cancelTick = undefined;
      return;
    }
    // Timers do not count suspend and refuse long delays: wake at least once a minute and look at the boot clock.
    const waitMs = Math.min(Math.max(0, at - ports.clock.bootMs()), clampedTimerMs);
    cancelTick = ports.clock.after(waitMs, () => dispatch({ type: 'tick' }));
  }

  function until(faultId: string, condition: (fault: Fault) => boolean, withinMs: number): Promise<Fault | undefined> {
    return new Promise((resolve) => {
      const settle = (): void => {
        cancel();
        waiters.delete(wake);
        resolve(state.faults.get(faultId));
      };
      const wake = (): void => {
        const fault = state.faults.get(faultId);
        if (!fault || condition(fault)) settle();
      };
      const cancel = ports.clock.after(withinMs, settle);
      waiters.add(wake);
      wake();
    });
  }

  ports.store.watchLatch(publishKeeping);

  return {
    state: () => state,
    dispatch,
    inject(command, subject) {
      const { faultId } = command.facts;
      holds.set(faultId, {
        subject,
        holder: undefined,
        isHolderGone: true,
        hasLetGo: false,
        touchedAtBootMs: undefined,
        gauged: {},
        formerHolder: undefined,
      });
      const reply = dispatch(command);
      if (reply.type !== 'fault' || reply.faultId !== faultId) holds.delete(faultId);
      return reply;
    },
    until,
    latchWritten: () => latchWrite,
    latchDurability: () => ports.store.latchDurability(state.latch),
    async rearm(order) {
      const next = rearmLatch(state.latch, order.expectedEpoch);
      if (next) {
        await ports.store.audit({ action: 'rearm-asked', by: order.by, detail: order.reason });
        // Asked again: a halt may have come while the audit was written, and its latch must be the last one written.
        if (state.latch.epoch === next.epoch) {
          const { durability } = await ports.store.writeLatch(next);
          if (durability !== 'durable') {
            // What is written again from now on is what is in force.
            latchWrite = writeLatch(state.latch);
            throw new Error('the rearm could not be written to the state directory: still halted');
          }
        }
      }
      return dispatch({ type: 'rearm', ...order });
    },
    async lookAtTarget(faultId, target) {
      const hold = holds.get(faultId);
      const fault = state.faults.get(faultId);
      if (!hold || !fault) return undefined;
      const beganAtMs = ports.clock.bootMs();
      const targets = await lookForTarget(hold, ports, target);
      return {
        faultId,
        cause: 'restored',
        detail: 'one target of a fault that goes on',
        confirmed: targets.every((each) => isConfirmed(each.outcome)),
        targets,
        endedAtUnixMs: Math.round(ports.clock.unixMs()),
        restoredMs: Math.round(ports.clock.bootMs() - beganAtMs),
        resourceBackMs: 0,
      };
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    recover(fault, subject, formerHolder) {
      holds.set(fault.facts.faultId, {
        subject,
        holder: undefined,
        isHolderGone: formerHolder === undefined,
        hasLetGo: false,
        touchedAtBootMs: undefined,
        gauged: {},
        formerHolder,
      });
      state = { ...state, faults: new Map([...state.faults, [fault.facts.faultId, fault]]) };
      look(fault);
      armTick();
    },
    async stop() {
      const faultIds = [...state.faults.keys()];
      dispatch({ type: 'restore', faultIds, cause: 'agent-stopped', detail: 'the agent stops', by: 'agent' });
      await Promise.all(faultIds.map((id) => until(id, (fault) => fault.life.phase === 'ended', 3000)));
      cancelTick?.();
    },
  };
}
