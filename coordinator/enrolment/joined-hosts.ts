/** The hosts that joined by themselves: an inventory that the coordinator writes, beside the one that people write. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../shared/durable-file.ts';
import { addressText, type InventoryHost, parseInventory } from '../fleet/inventory.ts';

export interface JoinedHosts {
  hosts(): readonly InventoryHost[];
  /** Resolves when it is on the disk; a host of the same name is replaced. */
  add(host: InventoryHost): Promise<void>;
}

/** @throws InventoryProblems for a file that is not right. */
export function openJoinedHosts(stateDirectory: string): JoinedHosts {
  const path = join(stateDirectory, 'joined-hosts.json');
  let hosts = readHosts(path);
  let writing = Promise.resolve();
  return {
    hosts: () => hosts,
    add(host) {
      hosts = [...hosts.filter(({ name }) => name !== host.name), host];
      // One after the other: each writes all that were there when its turn came.
      writing = writing.catch(() => undefined).then(() => replaceFile(path, textOf(hosts)));
      return writing;
    },
  };
}

function textOf(hosts: readonly InventoryHost[]): string {
  const rows = hosts.map(({ name, address, labels }) => ({ name, address: addressText(address), labels }));
  // JSON is YAML too, so that one reader knows both inventories.
  return `${JSON.stringify({ hosts: rows }, null, 1)}\n`;
}

function readHosts(path: string): readonly InventoryHost[] {
  try {
    return parseInventory(path, readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
