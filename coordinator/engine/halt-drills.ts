/** Rehearsals of the halt: a real one, of which the audit keeps whether every host confirmed it. */
import type { HostHalt } from './halting.ts';
import type { EnginePorts } from './ports.ts';

export interface HaltDrills {
  /** When every host last confirmed one. */
  passedAtUnixMs(): number | undefined;
  /** Never rejects: a halt stands whether or not it can be remembered. */
  record(hosts: readonly HostHalt[], by: string): Promise<void>;
}

const action = 'drill-halt';

export async function openHaltDrills({
  store,
  clock,
  warn,
}: Pick<EnginePorts, 'store' | 'clock' | 'warn'>): Promise<HaltDrills> {
  let passedAtUnixMs = await store.haltDrilledAtUnixMs();
  return {
    passedAtUnixMs: () => passedAtUnixMs,
    async record(hosts, by) {
      const others = hosts.filter((host) => !isConfirmed(host)).map(({ host }) => host);
      const hasPassed = hosts.length > 0 && others.length === 0;
      const detail = hasPassed ? `${hosts.length} hosts` : `not confirmed: ${others.join(' ') || 'there are no hosts'}`;
      try {
        await store.audit({ by, action, subject: hasPassed ? 'passed' : 'failed', detail });
        if (!hasPassed) return;
        passedAtUnixMs = clock.unixMs();
        await store.noteHaltDrill(passedAtUnixMs);
      } catch (error) {
        warn('the rehearsal of the halt was not recorded', error);
      }
    },
  };
}

function isConfirmed({ answer }: HostHalt): boolean {
  return (
    answer !== undefined && answer.durability === 'durable' && answer.receipts.every((receipt) => receipt.confirmed)
  );
}
