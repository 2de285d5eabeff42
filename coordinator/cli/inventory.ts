/**
 * Where the agents are, as the coordinator last said: kept so that `halt --direct` works when it is gone. One list for
 * each coordinator, so that a look at one fleet never aims a halt at another.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { coordinatorService } from '../../proto/services.ts';
import { ensurePrivateDirectory, replaceFile } from '../../shared/durable-file.ts';
import type { Caller } from '../client/caller.ts';
import { type HostsDocument, hostsDocument } from '../client/host-document.ts';
import type { CliContext } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { usageFailure } from './exit-code.ts';

export interface InventoryHost {
  readonly name: string;
  readonly address: string;
}

const inventorySchema = z.object({
  version: z.literal(1),
  fleets: z.record(
    z.string(),
    z.object({
      savedAtUnixMs: z.number(),
      hosts: z.array(z.object({ name: z.string(), address: z.string() })),
    }),
  ),
});

type Inventory = z.output<typeof inventorySchema>;

/** Asks for the hosts and keeps their addresses. */
export async function listHosts(context: CliContext, coordinator: Caller): Promise<HostsDocument> {
  const reply = await coordinator.call(coordinatorService.listHosts, {}, deadlinesMs.ask);
  const document = hostsDocument(reply);
  await saveInventory(context, coordinator.address, document.hosts);
  return document;
}

/** The same for commands that list no hosts themselves: never in their way, whatever goes wrong. */
export async function rememberHosts(context: CliContext, coordinator: Caller): Promise<void> {
  await listHosts(context, coordinator).catch(() => {});
}

/** @throws CliFailure when nothing is known of this coordinator's hosts. */
export function savedHosts(context: CliContext, coordinator: string, file?: string): readonly InventoryHost[] {
  const path = file === undefined ? inventoryPath(context.environment) : resolve(file);
  const inventory = readInventory(path);
  if (!inventory) throw usageFailure(`${path}: no inventory was saved; run leash hosts while the coordinator is up`);
  const fleets = Object.keys(inventory.fleets);
  const [only] = fleets;
  const fleet = inventory.fleets[file !== undefined && fleets.length === 1 && only ? only : coordinator];
  if (fleet) return fleet.hosts;
  throw usageFailure(`${path}: knows no hosts of ${coordinator}, only of ${fleets.join(', ') || 'none'}`);
}

async function saveInventory(context: CliContext, coordinator: string, hosts: readonly InventoryHost[]): Promise<void> {
  // A coordinator that has just started may know of none; the older list is then the better one.
  if (hosts.length === 0) return;
  const path = inventoryPath(context.environment);
  try {
    const fleets = readInventory(path)?.fleets ?? {};
    const fleet = { savedAtUnixMs: Date.now(), hosts: hosts.map(({ name, address }) => ({ name, address })) };
    await ensurePrivateDirectory(dirname(path));
    await replaceFile(path, `${JSON.stringify({ version: 1, fleets: { ...fleets, [coordinator]: fleet } })}\n`);
  } catch (error) {
    context.terminal.remark(`leash: the inventory for halt --direct could not be kept: ${(error as Error).message}`);
  }
}

/** XDG base directory specification: state that should persist, but is not configuration. */
function inventoryPath(environment: NodeJS.ProcessEnv): string {
  const state = environment.XDG_STATE_HOME;
  const base = state?.startsWith('/') ? state : join(environment.HOME || homedir(), '.local', 'state');
  return join(base, 'leash', 'inventory.json');
}

function readInventory(path: string): Inventory | undefined {
  try {
    return inventorySchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
