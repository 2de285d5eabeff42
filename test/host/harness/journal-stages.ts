/** How each journal-bound fault is staged for a whole agent, and who else sees it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AgentRig } from '../../rig/agent.ts';
import type { Wanted } from '../../rig/inject.ts';
import { slowSharePercent, twice, type Witness, witnessPause, witnessSlowness } from './process-stages.ts';

import { cgroupMissing, enterTestCgroup, testCgroup } from './test-cgroup.ts';
import { startStampingVictim, startVictim } from './victim.ts';

export interface JournalStage extends Omit<Witness, 'identity'> {
  readonly wanted: Wanted;
}

export interface JournalRow {
  readonly kind: string;
  /** The agents that bind it by the journal; the others bind it by the kernel. */
  readonly by: Readonly<Record<string, { readonly uid: number; readonly capabilities: string } | undefined>>;
  /** What this machine lacks for it. */
  readonly missing?: string | undefined;
  /** More lines of the host's policy. */
  policy(folder: string): string;
  stage(rig: AgentRig): Promise<JournalStage> | JournalStage;
}

const unit = { uid: 65_534, capabilities: '+kill,+sys_ptrace' };
const withScheduling = {
  'of root': undefined,
  'of the unit with CAP_SYS_NICE': { ...unit, capabilities: '+kill,+sys_ptrace,+sys_nice' },
};
const withWriting = {
  'of root': undefined,
  'of the unit with CAP_DAC_OVERRIDE': { ...unit, capabilities: '+kill,+sys_ptrace,+dac_override' },
};
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
    kind: 'process.renice',
    by: withScheduling,
    policy: () => '',
    stage: () =>
      stageThreads({ kind: 'process.renice', parameters: { nice: 11 } }, (tid) => String(getPriority(tid)), '11'),
  },
  {
    kind: 'process.affinity',
    by: withScheduling,
    policy: () => '',
    stage: () => stageThreads({ kind: 'process.affinity', parameters: { cpus: '0' } }, cpusOf, '0'),
  },
  {
    kind: 'cgroup.limit',
    by: withWriting,
    missing: cgroupMissing('cpu'),
    policy: allowTestCgroup,
    async stage() {
      const victim = await startVictim('busy.mjs');
      onTestFinished(() => victim.stop());
      const folder = enterTestCgroup('cpu', victim.identity.pid);
      // The kernel's own counter: it says nothing of how busy the machine is.
      const throttled = () =>
        Number(/^nr_throttled (\d+)$/m.exec(readFileSync(join(folder, 'cpu.stat'), 'latin1'))?.[1]);
      const isThrottled = async (): Promise<boolean> => {
        const [before, after] = await twice(500, throttled);
        return after > before;
      };
      return {
        isInForce: isThrottled,
        isOver: async () => !(await isThrottled()),
        wanted: { kind: 'cgroup.limit', parameters: { cgroup: testCgroup, cpu: `${slowSharePercent}%` } },
      };
    },
  },
  {
    kind: 'cgroup.freeze',
    by: withWriting,
    missing: cgroupMissing('freezer'),
    policy: allowTestCgroup,
    async stage() {
      const witness = await witnessPause();
      enterTestCgroup('freezer', witness.identity.pid);
      return { ...witness, wanted: { kind: 'cgroup.freeze', parameters: { cgroup: testCgroup } } };
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

/** Their rows are elsewhere: they take a host with a systemd of its own (test/fleet/booted), or a kernel with netem. */
export const bootedKinds: readonly string[] = [
  'service.stop journal',
  'service.restart journal',
  'service.mask journal',
  'host.reboot one-shot',
  'network.delay journal',
  'network.corrupt journal',
  'network.duplicate journal',
];

function allowTestCgroup(): string {
  return `cgroups: { allow: ["${testCgroup}"] }\n`;
}

/** Each thread of the victim has the value, and then the one of before again; one of them has a nice value of its own. */
async function stageThreads(wanted: Wanted, readValue: (tid: number) => string, ours: string): Promise<JournalStage> {
  const victim = await startStampingVictim({ threads: 3 });
  onTestFinished(() => victim.stop());
  const tids = readdirSync(`/proc/${victim.identity.pid}/task`).map(Number);
  setPriority(tids.at(-1) ?? 0, 3);
  const values = (): string => tids.map(readValue).join(' ');
  const before = values();
  return {
    wanted: { ...wanted, selector: { pid: victim.identity.pid } },
    isInForce: async () => values() === tids.map(() => ours).join(' '),
    isOver: async () => values() === before,
  };
}

function cpusOf(tid: number): string {
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(`/proc/${tid}/status`, 'latin1'))?.[1] ?? '';
}

/** In a directory that the agent's user owns. */
export function changedFolder(rigFolder: string): string {
  return join(rigFolder, 'state', 'made');
}
