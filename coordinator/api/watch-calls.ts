/** WatchRuns: what has happened so far, then what happens. */
import { type ServerWritableStream, status } from '@grpc/grpc-js';
import type { leash } from '../../proto/codec.ts';
import type { Engine } from '../engine/engine-api.ts';
import type { RunEvent } from '../engine/ports.ts';
import { type CoordinatorDoor, statusOf } from './call.ts';
import { runIdOf } from './run-calls.ts';
import { eventToWire } from './wire.ts';

export const watchersMax = 64;
/** A watcher that does not read is let go rather than buffered for. */
const unreadBytesMax = 1_048_576;
/** Without a run named: the histories of this many of the newest runs. */
const recentRuns = 20;

type WatchCall = ServerWritableStream<leash.v1.WatchRunsRequest, leash.v1.IRunEvent>;

export function watchHandlers(engine: Engine, { admit }: CoordinatorDoor) {
  let watchers = 0;

  async function watch(call: WatchCall): Promise<void> {
    const { again } = await admit(call, 'watchRuns');
    const runId = call.request.runId ? runIdOf(call.request.runId) : undefined;
    if (watchers >= watchersMax) {
      const details = `${watchers} watchers, at most ${watchersMax} at a time`;
      call.emit('error', { code: status.RESOURCE_EXHAUSTED, details });
      return;
    }
    const told = new Map<string, number>();
    const early: RunEvent[] = [];
    let isLive = false;
    let isOver = false;
    const finish = (): void => {
      if (isOver) return;
      isOver = true;
      watchers -= 1;
      stop();
    };
    const tell = (event: RunEvent): void => {
      if (isOver || event.sequence <= (told.get(event.runId) ?? 0)) return;
      try {
        // The certificate may have run out since the stream was opened.
        again();
      } catch (error) {
        finish();
        call.emit('error', statusOf(error));
        return;
      }
      told.set(event.runId, event.sequence);
      call.write(eventToWire(event));
      if (call.writableLength > unreadBytesMax) {
        finish();
        call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: 'the watcher does not read what it is sent' });
      }
    };
    const tellLive = (event: RunEvent): void => {
      tell(event);
      if (runId !== undefined && event.kind === 'end') endCall();
    };
    const endCall = (): void => {
      if (isOver) return;
      finish();
      call.end();
    };
    watchers += 1;
    // Listening begins before the past is read, so that nothing falls in between; the sequence tells what was told.
    const stop = engine.watch((event) => {
      if (runId !== undefined && event.runId !== runId) return;
      if (isLive) tellLive(event);
      else early.push(event);
    });
    for (const end of ['cancelled', 'close', 'error', 'finish'] as const) call.on(end, finish);
    try {
      const past = await pastOf(engine, runId);
      for (const event of past.events) tell(event);
      isLive = true;
      for (const event of early) tellLive(event);
      if (past.isOver) endCall();
    } catch (error) {
      finish();
      throw error;
    }
  }

  return {
    watchRuns(call: WatchCall) {
      watch(call).catch((error: unknown) => call.emit('error', statusOf(error)));
    },
  };
}

/** `isOver`: the run that is named has ended, and there is nothing to wait for. */
async function pastOf(
  engine: Engine,
  runId: string | undefined,
): Promise<{ readonly events: readonly RunEvent[]; readonly isOver: boolean }> {
  if (runId !== undefined) {
    const { run, events } = await engine.run(runId);
    return { events, isOver: run.life.phase === 'ended' };
  }
  const runs = await engine.runs(recentRuns);
  const views = await Promise.all(runs.map((run) => engine.run(run.facts.runId)));
  const events = views.flatMap((view) => view.events).sort((one, other) => one.atUnixMs - other.atUnixMs);
  return { events, isOver: false };
}
