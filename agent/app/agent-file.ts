/** Which process is the agent, for whoever must end it without asking it: a small file in the run directory. */
import { readFileSync, rmSync } from 'node:fs';
import { identityFromWire, type ProcessIdentity } from '../../proto/identity.ts';
import { replaceFile } from '../../shared/durable-file.ts';
import type { AgentOptions } from './options.ts';

type Directories = Pick<AgentOptions, 'runDirectory'>;

export async function writeAgentFile(options: Directories, identity: ProcessIdentity): Promise<void> {
  await replaceFile(pathOf(options), `${JSON.stringify(identity)}\n`);
}

/** The file says nothing that is believed unchecked: a pid that was reused has another start time. */
export function readAgentFile(options: Directories): ProcessIdentity | undefined {
  try {
    return identityFromWire(JSON.parse(readFileSync(pathOf(options), 'utf8')), 'agent.json');
  } catch {
    return undefined;
  }
}

export function removeAgentFile(options: Directories): void {
  rmSync(pathOf(options), { force: true });
}

function pathOf(options: Directories): string {
  return `${options.runDirectory}/agent.json`;
}
