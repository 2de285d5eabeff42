/**
 * The inventory as it grows: read when the coordinator starts, and again and again. A host that is new is taken up. One that is gone
 * from the list stays until the next start, since something may still be held there, and a halt must reach it.
 */
import type { InventoryHost } from '../fleet/inventory.ts';
import type { InventorySource } from './inventory-source.ts';
import { keepHosts, readKeptHosts } from './kept-hosts.ts';

export interface FollowOptions {
  readonly source: InventorySource;
  /** Where what was read last is kept, for a start while the source is away. */
  readonly keptPath: string;
  after(ms: number, call: () => void): () => void;
  warn(message: string, error: unknown): void;
}

export interface FollowedInventory {
  /** All that were ever on the list since the start. */
  hosts(): readonly InventoryHost[];
  /** Begins to look for hosts that are new. @returns a function that ends it. */
  follow(add: (host: InventoryHost) => void): () => void;
}

const lookEveryMs = 30_000;

/** @throws Error where the source cannot be read, unless it may be away for a while. */
export async function followInventory({ source, keptPath, after, warn }: FollowOptions): Promise<FollowedInventory> {
  let hosts = await first();
  let toldProblem = '';

  async function first(): Promise<readonly InventoryHost[]> {
    if (!source.isRemote) return source.read();
    try {
      const read = await source.read();
      await keepHosts(keptPath, read);
      return read;
    } catch (error) {
      const kept = readKeptHosts(keptPath);
      // A coordinator is needed most when everything else is down.
      warn(`the inventory cannot be read: it starts with the ${kept.length} hosts that were on it last`, error);
      return kept;
    }
  }

  async function look(add: (host: InventoryHost) => void): Promise<void> {
    try {
      const read = await source.read();
      const more = read.filter(({ name }) => !hosts.some((host) => host.name === name));
      for (const host of more) {
        add(host);
        hosts = [...hosts, host];
      }
      if (source.isRemote && more.length > 0) await keepHosts(keptPath, read);
      toldProblem = '';
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      // Once for each problem, and not every half minute.
      if (problem !== toldProblem) warn('the inventory cannot be read: the hosts stay as they are', error);
      toldProblem = problem;
    }
  }

  return {
    hosts: () => hosts,
    follow(add) {
      let isOver = false;
      let cancel = (): void => undefined;
      const next = (): void => {
        if (!isOver) cancel = after(lookEveryMs, () => void look(add).then(next));
      };
      next();
      return () => {
        isOver = true;
        cancel();
      };
    },
  };
}
