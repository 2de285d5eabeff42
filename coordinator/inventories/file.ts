/** A list that people write, or Prometheus's file_sd. */
import { readFile } from 'node:fs/promises';
import { parseInventory } from '../fleet/inventory.ts';
import type { InventorySource } from './inventory-source.ts';

export function fileInventory(path: string): InventorySource {
  return { isRemote: false, read: async () => parseInventory(path, await readFile(path, 'utf8')) };
}
