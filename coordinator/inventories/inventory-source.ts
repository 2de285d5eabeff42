/** Where the list of hosts comes from, for as long as the coordinator runs. */
import type { InventoryHost } from '../fleet/inventory.ts';

export interface InventorySource {
  /** All hosts that it knows now. @throws Error for what cannot be read, and InventoryProblems for what is not right. */
  read(): Promise<readonly InventoryHost[]>;
  /** Whether it may be away for a while: a coordinator then starts with what it knew last. */
  readonly isRemote: boolean;
}

export interface InventoryKind {
  /** What stands before the colon: "srv" in "srv:_leash-agent._tcp.example.com". */
  readonly scheme: string;
  /** @param rest what stands after the colon. @throws InventoryProblems */
  open(rest: string): InventorySource;
}
