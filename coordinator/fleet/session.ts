/**
 * The standing stream to one agent: renewals go out as heartbeats, events come in. It is opened again for as long as it
 * is wanted, at growing intervals.
 */
import { leash } from '../../proto/codec.ts';
import { durabilityFromWire } from '../../proto/latch-durability.ts';
import {
  type Checkpoint,
  checkpointFromWire,
  checkpointToWire,
  countersignatureFromWire,
  countersignatureToWire,
} from '../../shared/audit-checkpoint.ts';
import type { Notary } from '../../shared/notary.ts';
import { renewalDeadlineMs } from '../core/lease-book.ts';
import { type FleetEvent, HostCallFailed, type HostDescription, type RenewalOutcome } from '../engine/fleet-port.ts';
import type { Clock } from '../engine/ports.ts';
import type { AgentClient, SessionStream } from './agent-client.ts';
import { descriptionFromWire, faultFromWire, renewalFromWire } from './parse.ts';

export interface SessionContext {
  readonly client: AgentClient;
  readonly clock: Clock;
  receive(event: FleetEvent): void;
  /** Something was heard from the host, whatever it was. */
  heard(): void;
  /** Absent where the audit has no key. */
  readonly notary?: Notary;
  /** Whose audit is at the other end: "agent/web-1". */
  readonly log: string;
  warn(message: string, error: unknown): void;
}

export interface Session {
  isConnected(): boolean;
  /** Why not. */
  error(): string | undefined;
  /** @throws HostCallFailed when there is no session, or no answer in time. */
  renew(renewals: readonly { readonly faultId: string; readonly ttlMs: number }[]): Promise<readonly RenewalOutcome[]>;
  /**
   * Goes on over another client. The former stream is kept until the new one is welcome, unless it must not be used any
   * more. @throws Error when the new one is not welcome: the former one then stays.
   */
  moveTo(next: AgentClient, isFormerUsable: boolean): Promise<void>;
  close(): void;
}

const welcomeWithinMs = 5000;
/** Two heartbeats without an answer: the stream is dead, whatever TCP thinks of it. */
const unansweredMax = 2;
const reconnectFirstMs = 250;
const reconnectMaxMs = 5000;

interface Waiting {
  resolve(results: readonly RenewalOutcome[]): void;
  reject(error: Error): void;
}

export function openSession(context: SessionContext): Session {
  const { clock, receive, heard, notary, log, warn } = context;
  let { client } = context;
  let stream: SessionStream | undefined;
  let isConnected = false;
  let isClosed = false;
  let error: string | undefined = 'not connected yet';
  let attempts = 0;
  let sequence = 0;
  let unanswered = 0;
  let cancelTimer = (): void => undefined;
  let leaveNotary = (): void => undefined;
  const waiting = new Map<number, Waiting>();

  function open(): void {
    if (isClosed) return;
    const own = client.session();
    stream = own;
    cancelTimer = clock.after(welcomeWithinMs, () => lose(own, `no welcome within ${welcomeWithinMs} ms`));
    listen(own);
  }

  function listen(own: SessionStream): void {
    own.on('data', (reply: leash.v1.SessionReply) => {
      if (own !== stream) return;
      try {
        hear(own, reply);
      } catch (failure) {
        lose(own, `the agent said something that cannot be read: ${messageOf(failure)}`);
      }
    });
    own.on('error', (failure: Error & { details?: string }) => lose(own, failure.details || failure.message));
    own.on('end', () => lose(own, 'the agent ended the session'));
  }

  /** A stream beside the one that stands: it takes its place when it is welcome. */
  function welcomed(next: AgentClient): Promise<SessionStream> {
    const candidate = next.session();
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        cancel();
        reject(new Error(why));
        candidate.cancel();
      };
      const cancel = clock.after(welcomeWithinMs, () => fail(`no welcome within ${welcomeWithinMs} ms`));
      candidate.on('error', (failure: Error & { details?: string }) => fail(failure.details || failure.message));
      candidate.on('end', () => fail('the agent ended the session'));
      candidate.once('data', (reply: leash.v1.SessionReply) => {
        cancel();
        if (isClosed) return fail('closed');
        const former = stream;
        stream = candidate;
        listen(candidate);
        candidate.emit('data', reply);
        for (const each of [...waiting.values()])
          each.reject(new HostCallFailed('unknown', 'the session went on over another connection'));
        former?.cancel();
        resolve(candidate);
      });
    });
  }

  function hear(own: SessionStream, reply: leash.v1.SessionReply): void {
    heard();
    if (reply.welcome) welcome(own, descriptionFromWire(reply.welcome));
    else if (reply.checkpoint || reply.countersignature) {
      notarize(reply).catch((failure: unknown) => warn(`a checkpoint between this coordinator and ${log}`, failure));
    } else if (reply.renewed) {
      unanswered = 0;
      const { sequence: answered = 0, results } = reply.renewed;
      waiting.get(answered ?? 0)?.resolve((results ?? []).map(renewalFromWire));
    } else if (reply.event) hearEvent(reply.event);
  }

  /** What goes wrong here ends no session: it has more to do. */
  async function notarize({ checkpoint, countersignature }: leash.v1.ISessionReply): Promise<void> {
    const own = stream;
    if (countersignature) await notary?.keep(log, countersignatureFromWire(countersignature));
    if (!checkpoint || !notary) return;
    const given = await notary.witness(log, checkpointFromWire(checkpoint));
    if (own && own === stream) {
      own.write(new leash.v1.SessionRequest({ countersignature: countersignatureToWire(given) }));
    }
  }

  function welcome(own: SessionStream, description: HostDescription): void {
    cancelTimer();
    isConnected = true;
    error = undefined;
    attempts = 0;
    unanswered = 0;
    leaveNotary();
    if (notary) {
      const send = (checkpoint: Checkpoint): void =>
        void own.write(new leash.v1.SessionRequest({ checkpoint: checkpointToWire(checkpoint) }));
      leaveNotary = notary.join({ name: log, send });
    }
    receive({ type: 'welcome', description });
  }

  function hearEvent(event: leash.v1.IEvent): void {
    if (event.fault) receive({ type: 'fault', fault: faultFromWire(event.fault, 'event.fault') });
    else if (event.halt) {
      const { halt: wire, text } = event;
      receive({
        type: 'halt',
        isHalted: wire.halted ?? false,
        epoch: wire.epoch ?? 0,
        durability: durabilityFromWire(wire),
        text: text ?? '',
        wire,
      });
    }
  }

  function lose(own: SessionStream, detail: string): void {
    if (own !== stream) return;
    stream = undefined;
    leaveNotary();
    cancelTimer();
    own.cancel();
    const wasConnected = isConnected;
    isConnected = false;
    error = detail;
    for (const each of [...waiting.values()])
      each.reject(new HostCallFailed('unknown', `the session ended: ${detail}`));
    if (isClosed) return;
    cancelTimer = clock.after(Math.min(reconnectFirstMs * 2 ** attempts, reconnectMaxMs), open);
    attempts += 1;
    if (wasConnected) receive({ type: 'lost', detail });
  }

  open();
  return {
    isConnected: () => isConnected,
    error: () => error,
    renew(renewals) {
      const own = stream;
      if (!own || !isConnected) return Promise.reject(new HostCallFailed('unknown', `not connected: ${error}`));
      sequence = (sequence + 1) % 0xffff_ffff;
      const number = sequence;
      return new Promise<readonly RenewalOutcome[]>((resolve, reject) => {
        const cancel = clock.after(renewalDeadlineMs, () => {
          unanswered += 1;
          settle.reject(new HostCallFailed('unknown', `no answer to a heartbeat within ${renewalDeadlineMs} ms`));
          if (unanswered >= unansweredMax) lose(own, `${unanswered} heartbeats were not answered`);
        });
        const done = (): void => {
          cancel();
          waiting.delete(number);
        };
        const settle: Waiting = {
          resolve(results) {
            done();
            resolve(results);
          },
          reject(failure) {
            done();
            reject(failure);
          },
        };
        waiting.set(number, settle);
        own.write(
          new leash.v1.SessionRequest({
            sequence: number,
            renewals: renewals.map(({ faultId, ttlMs }) => ({ faultId, leaseTtlMs: ttlMs })),
          }),
        );
      });
    },
    async moveTo(next, isFormerUsable) {
      if (isConnected && isFormerUsable) {
        await welcomed(next);
        client = next;
        return;
      }
      client = next;
      if (stream) lose(stream, 'the connection is made anew');
      cancelTimer();
      attempts = 0;
      open();
    },
    close() {
      isClosed = true;
      if (stream) lose(stream, 'closed');
      cancelTimer();
    },
  };
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
