/**
 * The one writer of runs. An input is decided in the turn in which it arrives; what lets go is done within that same
 * turn, and never waits for a disk. Everything else waits until the decision is recorded: check, record, act.
 */
import { decideRun } from '../core/decide-run.ts';
import { openHosts, type RunState } from '../core/run.ts';
import type { RunEffect, RunInput } from '../core/run-decision.ts';
import { nextDueMs } from '../core/run-due.ts';
import type { EnginePorts, RunEvent } from './ports.ts';

export interface RunKeeper {
  /** Records a new run. @throws when the store does not take it; then there is no such run. */
  add(run: RunState): Promise<void>;
  /** Takes up a run that the store has already. It stands still until something is dispatched to it. */
  restore(run: RunState, events: readonly RunEvent[]): void;
  get(runId: string): RunState | undefined;
  all(): readonly RunState[];
  /** The history so far of a run that is kept here. */
  eventsOf(runId: string): readonly RunEvent[] | undefined;
  /** Decides; a run that is not kept here (any more) is left as it is. */
  dispatch(runId: string, input: RunInput): void;
  /** Resolves when the run satisfies the condition, or is not kept here any more. */
  until(runId: string, condition: (run: RunState) => boolean): Promise<RunState | undefined>;
  /** Resolves when everything decided so far about the run is recorded, or has failed to be. */
  recorded(runId: string): Promise<void>;
  watch(listener: (event: RunEvent, run: RunState) => void): () => void;
  stop(): void;
}

/** A busy run is looked at no more often than this, whatever its state says is due. */
const tickMinMs = 10;
const timerMaxMs = 60_000;

interface Kept {
  run: RunState;
  readonly events: RunEvent[];
  saved: Promise<void>;
  hasUnsaved: boolean;
  cancelTick: (() => void) | undefined;
}

export function createRunKeeper(
  ports: Pick<EnginePorts, 'clock' | 'store' | 'warn'>,
  carryOut: (runId: string, effect: RunEffect) => void,
): RunKeeper {
  const { clock, store, warn } = ports;
  const kept = new Map<string, Kept>();
  const listeners = new Set<(event: RunEvent, run: RunState) => void>();
  const waiters = new Set<() => void>();

  function dispatch(runId: string, input: RunInput): void {
    const entry = kept.get(runId);
    if (!entry) return;
    const before = entry.run;
    const decision = decideRun(before, input, { bootMs: clock.bootMs(), unixMs: clock.unixMs() });
    entry.run = decision.state;
    const events = decision.notes.map(
      (note, index): RunEvent => ({
        runId,
        sequence: entry.events.length + index + 1,
        atUnixMs: Math.round(clock.unixMs()),
        ...note,
      }),
    );
    entry.events.push(...events);
    for (const effect of decision.effects) if (letsGo(effect)) carryOut(runId, effect);
    const acts = decision.effects.filter((effect) => !letsGo(effect));
    // A renewal changes nothing that a restart could use, and there is one every few seconds.
    if (entry.run !== before && input.type !== 'renewed') record(runId, entry, events, acts);
    for (const event of events) for (const listener of [...listeners]) listener(event, entry.run);
    for (const wake of [...waiters]) wake();
    armTick(runId, entry);
  }

  function record(runId: string, entry: Kept, events: readonly RunEvent[], acts: readonly RunEffect[]): void {
    const { run } = entry;
    entry.saved = entry.saved
      .then(() => store.saveRun(run, events))
      .then(
        () => {
          for (const effect of acts) carryOut(runId, effect);
          dropIfOver(runId, entry, run);
        },
        (error: unknown) => {
          warn(`run ${runId} could not be recorded`, error);
          entry.hasUnsaved = true;
          for (const effect of acts) holdBack(runId, effect);
          const detail = error instanceof Error ? error.message : String(error);
          dispatch(runId, { type: 'end', end: { cause: 'store-failed', detail: `not recorded: ${detail}` } });
        },
      );
  }

  function holdBack(runId: string, effect: RunEffect): void {
    if (effect.type !== 'inject') return;
    dispatch(runId, { type: 'not-sent', key: effect.placement.key, detail: 'it could not be recorded' });
  }

  /** A run that is over is in the store; one that the store did not take stays here, so that it can still be shown. */
  function dropIfOver(runId: string, entry: Kept, saved: RunState): void {
    if (entry.run !== saved || entry.hasUnsaved || saved.life.phase !== 'ended' || openHosts(saved).length > 0) return;
    entry.cancelTick?.();
    kept.delete(runId);
    for (const wake of [...waiters]) wake();
  }

  function armTick(runId: string, entry: Kept): void {
    entry.cancelTick?.();
    entry.cancelTick = undefined;
    const dueMs = nextDueMs(entry.run);
    if (dueMs === undefined || kept.get(runId) !== entry) return;
    const delayMs = Math.min(Math.max(dueMs - clock.bootMs(), tickMinMs), timerMaxMs);
    entry.cancelTick = clock.after(delayMs, () => dispatch(runId, { type: 'tick' }));
  }

  function keep(run: RunState, events: readonly RunEvent[]): void {
    const entry = { run, events: [...events], saved: Promise.resolve(), hasUnsaved: false, cancelTick: undefined };
    kept.set(run.facts.runId, entry);
  }

  return {
    async add(run) {
      await store.saveRun(run, []);
      keep(run, []);
    },
    restore: keep,
    get: (runId) => kept.get(runId)?.run,
    all: () => [...kept.values()].map((entry) => entry.run),
    eventsOf: (runId) => kept.get(runId)?.events,
    dispatch,
    until(runId, condition) {
      return new Promise((resolve) => {
        const look = (): void => {
          const run = kept.get(runId)?.run;
          if (run && !condition(run)) return;
          waiters.delete(look);
          resolve(run);
        };
        waiters.add(look);
        look();
      });
    },
    async recorded(runId) {
      await kept.get(runId)?.saved;
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      for (const entry of kept.values()) entry.cancelTick?.();
    },
  };
}

function letsGo(effect: RunEffect): boolean {
  return effect.type === 'let-go' || effect.type === 'stop-probes' || effect.type === 'stop-loads';
}
