/** Every kind of inventory beside a file: one line each. */
import { fileInventory } from './file.ts';
import type { InventoryKind, InventorySource } from './inventory-source.ts';
import { srvInventory } from './srv.ts';

const kinds: readonly InventoryKind[] = [srvInventory];

/** @param written "SCHEME:…", or the path of a file. @throws InventoryProblems */
export function openInventory(written: string): InventorySource {
  const kind = kinds.find(({ scheme }) => written.startsWith(`${scheme}:`));
  return kind ? kind.open(written.slice(kind.scheme.length + 1)) : fileInventory(written);
}
