/** The global kill switch. It needs no store, policy or approval: whatever fails, every host is told. */
import type { Receipt } from '../../proto/fault.ts';
import type { LatchDurability } from '../../proto/latch-durability.ts';
import { createHaltRetries, type HaltOrder } from './halt-retries.ts';
import type { CoordinatorLatch, EnginePorts } from './ports.ts';
import { within } from './within.ts';

export interface HostHalt {
  readonly host: string;
  /** Absent when the host did not answer. */
  readonly answer?: {
    readonly epoch: number;
    readonly durability: LatchDurability;
    /** From the moment the coordinator got the order. */
    readonly latchedMs: number;
    /** Absent when the host latched but has not said yet that it let go. */
    readonly restoredMs?: number;
    readonly receipts: readonly Receipt[];
  };
  readonly error?: string;
  readonly lastLeaseEndsAtUnixMs?: number;
}

export interface HostRearm {
  readonly host: string;
  readonly isRearmed: boolean;
  readonly epoch: number;
  readonly error?: string;
}

export interface HaltContext extends Pick<EnginePorts, 'fleet' | 'clock' | 'store' | 'warn'> {
  /** Ends every run; called after every host was told. */
  endRuns(detail: string): void;
  lastLeaseEndsAtMs(host: string): number | undefined;
}

export interface Halting {
  latch(): CoordinatorLatch;
  halt(order: {
    readonly requestId: string;
    readonly reason: string;
    readonly by: string;
  }): Promise<readonly HostHalt[]>;
  /** Hosts that owe a halt are told no more. */
  stop(): void;
  /** The coordinator's own latch is released only when the whole fleet is meant. Loses to any halt that comes first. */
  rearm(order: {
    readonly hosts: readonly string[];
    readonly reason: string;
    readonly by: string;
    /** Of the coordinator's latch when the order came in. */
    readonly expectedEpoch: number;
  }): Promise<readonly HostRearm[]>;
}

/** The hosts have had as long by then; it goes on being written. */
const latchWithinMs = 2000;

export function createHalting(context: HaltContext, initial: CoordinatorLatch): Halting {
  const { fleet, clock, store, warn } = context;
  const retries = createHaltRetries(context);
  let latch = initial;
  /** Hosts to which the latch that stands has been told, or is owed. */
  const ordered = new Set<string>();
  // Which hosts it has reached is not known any more. By its id, one that has it, or was rearmed since, does not latch
  // again; what is held there is let go all the same, as at every halt.
  for (const { name } of fleet.hosts()) owe(name);
  // One that comes into the inventory while the fleet is halted is halted with it.
  const unsubscribe = fleet.subscribe((name, event) => {
    if (event.type === 'welcome' && !ordered.has(name)) owe(name);
  });

  function owe(host: string): void {
    if (!latch.isHalted || latch.requestId === undefined) return;
    ordered.add(host);
    retries.add(host, { requestId: latch.requestId, reason: latch.reason });
  }

  async function haltHost(host: string, order: HaltOrder, startedAtMs: number): Promise<HostHalt> {
    let latchedBySession: { epoch: number; latchedMs: number; durability: LatchDurability } | undefined;
    const stop = fleet.subscribe((name, event) => {
      if (name !== host || event.type !== 'halt' || !event.isHalted) return;
      // The first event comes before the latch is on a disk; a later one says what has it.
      latchedBySession = latchedBySession
        ? { ...latchedBySession, durability: event.durability }
        : { epoch: event.epoch, latchedMs: clock.bootMs() - startedAtMs, durability: 'memory-only' };
    });
    try {
      const answer = await fleet.halt(host, order);
      const totalMs = clock.bootMs() - startedAtMs;
      // The host's own two figures differ by its restoring alone; the rest of the total is the way there and back.
      const latchedMs = Math.max(0, totalMs - (answer.restoredMs - answer.latchedMs));
      const { epoch, durability, receipts } = answer;
      return { host, answer: { epoch, durability, latchedMs, restoredMs: totalMs, receipts } };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const endsAtMs = context.lastLeaseEndsAtMs(host);
      const lease =
        endsAtMs === undefined ? {} : { lastLeaseEndsAtUnixMs: Math.round(clock.unixMs() + endsAtMs - clock.bootMs()) };
      const seen = latchedBySession;
      if (seen) return { host, answer: { ...seen, receipts: [] }, error: message, ...lease };
      return { host, error: message, ...lease };
    } finally {
      stop();
    }
  }

  async function rearmHost(host: string, reason: string, expectedEpoch: number): Promise<HostRearm> {
    try {
      const { haltEpoch, isHalted } = await fleet.describe(host);
      // The epoch that the host told may be of a halt that came after this order.
      if (latch.epoch !== expectedEpoch) throw new Error('a halt of the fleet came first');
      if (!isHalted) return { host, isRearmed: true, epoch: haltEpoch };
      return { host, isRearmed: true, epoch: await fleet.rearm(host, { expectedEpoch: haltEpoch, reason }) };
    } catch (error) {
      return { host, isRearmed: false, epoch: 0, error: error instanceof Error ? error.message : String(error) };
    }
  }

  return {
    latch: () => latch,
    stop() {
      unsubscribe();
      retries.stop();
    },
    async halt(order) {
      const startedAtMs = clock.bootMs();
      const { requestId, reason, by } = order;
      latch = { isHalted: true, epoch: latch.epoch + 1, reason, by, requestId };
      const haltEpoch = latch.epoch;
      ordered.clear();
      const answers = fleet.hosts().map(async ({ name }) => {
        ordered.add(name);
        const halted = await haltHost(name, order, startedAtMs);
        const isOwed = latch.isHalted && latch.epoch === haltEpoch && halted.answer?.durability !== 'durable';
        if (isOwed) retries.add(name, order);
        return halted;
      });
      context.endRuns(`halted by ${order.by}${order.reason && `: ${order.reason}`}`);
      const written = store.writeLatch(latch).catch((error: unknown) => warn('the halt latch was not written', error));
      // A disk that hangs holds up nobody who has halted the fleet.
      const isWritten = within(clock, latchWithinMs, written);
      const hosts = await Promise.all(answers);
      if (!(await isWritten)) warn('the halt latch is not written yet', new Error(`not within ${latchWithinMs} ms`));
      return hosts;
    },
    async rearm({ hosts, reason, by, expectedEpoch: epoch }) {
      const all = fleet.hosts().map((host) => host.name);
      const meant = hosts.length > 0 ? hosts : all;
      retries.drop(meant);
      const results = await Promise.all(meant.map((host) => rearmHost(host, reason, epoch)));
      const released = { isHalted: false, epoch, reason, by };
      if (hosts.length === 0 && latch.isHalted && latch.epoch === epoch) {
        // Durable first, then in force; a halt that comes in between wins, here and in what is written last.
        try {
          await store.writeLatch(released);
        } catch (error) {
          // A disk that was late may take it after all: what stands comes behind it.
          store.writeLatch(latch).catch((again: unknown) => warn('the halt latch was not written', again));
          throw error;
        }
        if (latch.epoch === epoch) latch = released;
        else await store.writeLatch(latch);
      }
      return results;
    },
  };
}
