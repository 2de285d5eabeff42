/** The hosts that joined by themselves: an inventory that the coordinator writes, beside the one that people write. */
import { join } from 'node:path';
import type { InventoryHost } from '../fleet/inventory.ts';
import { keepHosts, readKeptHosts } from '../inventories/kept-hosts.ts';

export interface JoinedHosts {
  hosts(): readonly InventoryHost[];
  /** Resolves when it is on the disk; a host of the same name is replaced. */
  add(host: InventoryHost): Promise<void>;
}

/** @throws InventoryProblems for a file that is not right. */
export function openJoinedHosts(stateDirectory: string): JoinedHosts {
  const path = join(stateDirectory, 'joined-hosts.json');
  let hosts = readKeptHosts(path);
  let writing = Promise.resolve();
  return {
    hosts: () => hosts,
    add(host) {
      hosts = [...hosts.filter(({ name }) => name !== host.name), host];
      // One after the other: each writes all that were there when its turn came.
      writing = writing.catch(() => undefined).then(() => keepHosts(path, hosts));
      return writing;
    },
  };
}
