/** What a halt latch outlives: a reboot, only a restart of the agent, or not even that. */
import type { leash } from './codec.ts';

export type LatchDurability = 'durable' | 'volatile' | 'memory-only';

export function durabilityToWire(durability: LatchDurability): { volatile: boolean; memoryOnly: boolean } {
  // An older reader knows `volatile` alone: to him the worse state is that one.
  return { volatile: durability !== 'durable', memoryOnly: durability === 'memory-only' };
}

export function durabilityFromWire(wire: Pick<leash.v1.IHaltState, 'volatile' | 'memoryOnly'>): LatchDurability {
  if (wire.memoryOnly) return 'memory-only';
  return wire.volatile ? 'volatile' : 'durable';
}
