/** Hosts that did not say that their halt is on a disk are told again: with the same id, which none counts twice. */
import { type Fleet, HostCallFailed } from './fleet-port.ts';
import type { Clock } from './ports.ts';

export interface HaltOrder {
  readonly requestId: string;
  readonly reason: string;
}

export interface HaltRetries {
  /** From now on until the host has the halt on a disk, was rearmed, or owes a newer one. */
  add(host: string, order: HaltOrder): void;
  /** What is to be rearmed is not halted behind its back. */
  drop(hosts: readonly string[]): void;
  stop(): void;
}

interface Owed {
  readonly order: HaltOrder;
  waitMs: number;
  isAsked: boolean;
  cancel(): void;
}

const waitFirstMs = 1000;
/** The host itself goes on trying, and tells when it succeeds: asking again is for what gets lost. */
const waitMaxMs = 60_000;

export function createHaltRetries({ fleet, clock }: { readonly fleet: Fleet; readonly clock: Clock }): HaltRetries {
  const owed = new Map<string, Owed>();
  // A host that cannot be reached is told when it is back, and not asked before.
  const unsubscribe = fleet.subscribe((host, event) => {
    const entry = owed.get(host);
    if (!entry) return;
    if (event.type === 'welcome') entry.waitMs = waitFirstMs;
    else if (event.type !== 'halt' || event.durability !== 'durable') return;
    void tell(host);
  });

  async function tell(host: string): Promise<void> {
    const entry = owed.get(host);
    if (!entry || entry.isAsked || !isConnected(host)) return;
    entry.isAsked = true;
    entry.cancel();
    const isOver = await fleet.halt(host, entry.order).then(
      ({ durability }) => durability === 'durable',
      (error: unknown) => error instanceof HostCallFailed && error.kind === 'refused',
    );
    entry.isAsked = false;
    if (owed.get(host) !== entry) return;
    if (isOver) owed.delete(host);
    else wait(host, entry);
  }

  function isConnected(host: string): boolean {
    return fleet.hosts().some((each) => each.name === host && each.isConnected);
  }

  function wait(host: string, entry: Owed): void {
    entry.cancel();
    entry.cancel = clock.after(entry.waitMs, () => void tell(host));
    entry.waitMs = Math.min(2 * entry.waitMs, waitMaxMs);
  }

  function drop(hosts: readonly string[]): void {
    for (const host of hosts) {
      owed.get(host)?.cancel();
      owed.delete(host);
    }
  }

  return {
    add(host, order) {
      drop([host]);
      const entry: Owed = { order, waitMs: waitFirstMs, isAsked: false, cancel: () => undefined };
      owed.set(host, entry);
      wait(host, entry);
    },
    drop,
    stop() {
      unsubscribe();
      drop([...owed.keys()]);
    },
  };
}
