/** A list of hosts that the coordinator itself writes and reads again. */
import { readFileSync } from 'node:fs';
import { replaceFile } from '../../shared/durable-file.ts';
import { addressText, type InventoryHost, parseInventory } from '../fleet/inventory.ts';

/** None where there is no file. @throws InventoryProblems for one that is not right. */
export function readKeptHosts(path: string): readonly InventoryHost[] {
  try {
    return parseInventory(path, readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Resolves when it is on the disk. */
export function keepHosts(path: string, hosts: readonly InventoryHost[]): Promise<void> {
  const rows = hosts.map(({ name, address, labels }) => ({ name, address: addressText(address), labels }));
  // JSON is YAML too, so that one reader knows both inventories.
  return replaceFile(path, `${JSON.stringify({ hosts: rows }, null, 1)}\n`);
}
