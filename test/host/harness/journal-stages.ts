/** How each journal-bound fault is staged for a whole agent, and who else sees it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentRig } from '../../rig/agent.ts';
import type { Wanted } from '../../rig/inject.ts';
import { slowSharePercent, type Witness, witnessPause, witnessSlowness } from './process-stages.ts';

export interface JournalStage extends Omit<Witness, 'identity'> {
  readonly wanted: Wanted;
}

export interface JournalRow {
  readonly kind: string;
  /** The agents that bind it by the journal; the others bind it by the kernel. */
  readonly by: Readonly<Record<string, { readonly uid: number; readonly capabilities: string } | undefined>>;
  /** More lines of the host's policy. */
  policy(folder: string): string;
  stage(rig: AgentRig): Promise<JournalStage> | JournalStage;
}

const unit = { uid: 65_534, capabilities: '+kill,+sys_ptrace' };
const withoutPtrace = { 'of the unit without CAP_SYS_PTRACE': { ...unit, capabilities: '+kill' } };

export const journalRows: readonly JournalRow[] = [
  {
    kind: 'process.pause',
    by: withoutPtrace,
    policy: () => '',
    async stage() {
      const witness = await witnessPause();
      return { ...witness, wanted: { kind: 'process.pause', selector: { pid: witness.identity.pid } } };
    },
  },
  {
    kind: 'process.slow',
    by: withoutPtrace,
    policy: () => '',
    async stage() {
      const witness = await witnessSlowness();
      const parameters = { share: `${slowSharePercent}%`, period: '20ms' };
      return { ...witness, wanted: { kind: 'process.slow', parameters, selector: { pid: witness.identity.pid } } };
    },
  },
  {
    kind: 'custom.change',
    by: { 'of root': undefined, 'of the unit': unit },
    // A folder stands for what an operator's programs would change.
    policy: (folder) =>
      `changes: [{ name: made, make: [/usr/bin/mkdir, ${folder}], undo: [/usr/bin/rmdir, ${folder}], check: [/usr/bin/test, -d, ${folder}] }]\n`,
    stage(rig) {
      const folder = changedFolder(rig.directory.path);
      return {
        wanted: { kind: 'custom.change', parameters: { change: 'made' } },
        isInForce: async () => existsSync(folder),
        isOver: async () => !existsSync(folder),
      };
    },
  },
];

/** In a directory that the agent's user owns. */
export function changedFolder(rigFolder: string): string {
  return join(rigFolder, 'state', 'made');
}
