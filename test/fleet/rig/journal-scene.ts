/**
 * A booted host with an agent that may set what the kernel cannot bind, and what there is to see of it: by systemd, by the
 * files of the kernel and by the service itself, never by the agent.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { credentials } from '@grpc/grpc-js';
import { listHolders } from '../../../agent/host/holder-children.ts';
import { createProcessReader } from '../../../agent/host/process-table.ts';
import type { leash } from '../../../proto/codec.ts';
import { outcomeWords } from '../../../proto/fault.ts';
import { parsePid } from '../../../proto/identity.ts';
import { type AgentClient, createAgentClient } from '../../rig/agent.ts';
import { until } from '../../rig/until.ts';
import { bootFleet } from './boot-fleet.ts';
import type { BootedHost } from './booted-host.ts';

/** The service that the faults are about. */
export const unit = 'redis-server.service';
/**
 * A booted host shares the controllers of this machine, and its systemd makes no cgroups in them: so there is one of the
 * test's own, below that of the host, which is all that it sees of them.
 */
export const cgroup = '/apart';

const controllers = ['freezer', 'pids', 'memory', 'cpu', 'blkio'] as const;
export type Controller = (typeof controllers)[number];
/** Version 1 of this machine. */
export const hasController = (controller: Controller): boolean => existsSync(`/sys/fs/cgroup/${controller}/tasks`);
const present = controllers.filter(hasController);

const policy = `injectsPerMinute: 600
leaseMax: 1m
services: { allow: [${unit}, needed.service, transient.service, willful.service] }
cgroups: { allow: ["${cgroup}"] }
reboots: true
`;
const dropIn = '[Service]\nUser=root\nGroup=root\nAmbientCapabilities=\nCapabilityBoundingSet=~\n';
const answersWithinMs = 60_000;

/** Who is killed at one instant. */
const deaths = {
  'the agent alone': { isAgent: true, isHolder: false },
  'the holder alone': { isAgent: false, isHolder: true },
  'the agent and its holder together': { isAgent: true, isHolder: true },
} as const;
export type Death = keyof typeof deaths;
export const deathNames = Object.keys(deaths) as readonly Death[];

export interface JournalScene {
  readonly host: BootedHost;
  agent(): AgentClient;
  held(): Promise<readonly leash.v1.IFault[]>;
  /** Of the cgroup, on this machine. */
  folderOf(controller: Controller): string;
  /** Of a file of it. */
  textOf(controller: Controller, file: string): string;
  setValue(controller: Controller, file: string, value: string): void;
  /** By a number of this machine: the host's systemd knows nothing of it. */
  enter(controller: Controller, pidOutside: number): void;
  stateOf(unit: string): Promise<string>;
  /** Rejects unless the service runs within half a minute. */
  isRunning(): Promise<unknown>;
  /** Rejects unless the agent says within a minute that it holds nothing. */
  nothingHeld(): Promise<unknown>;
  /** Ends the fault. @returns the receipt that says that what it held is as it was; rejects without one. */
  receiptOf(fault: leash.v1.IFault): Promise<leash.v1.IReceipt>;
  /** Of each thread of the service, in the order of their ids, what is read in its folder of /proc. */
  threads(read: (folder: string) => string | undefined): Promise<string>;
  /** Whether the service answers within a second. */
  ping(): Promise<'answers' | 'silent'>;
  /** An agent runs and answers, and the client speaks to it. */
  begin(): Promise<void>;
  kill(death: Death): Promise<void>;
  dispose(): Promise<void>;
}

export const outcomesOf = ({ targets }: leash.v1.IReceipt) =>
  targets?.map(({ outcome }) => outcomeWords.fromWire(outcome, 'outcome'));

/** @param install puts the programs there, by a package; without it they are there as they were built. */
export async function startJournalScene(install?: (host: BootedHost) => Promise<void>): Promise<JournalScene> {
  const fleet = await bootFleet(['services'], { programs: install ? 'none' : 'staged' });
  const host = fleet.hosts[0] as BootedHost;
  const folderOf = (controller: Controller): string =>
    `/sys/fs/cgroup/${controller}/leash-fleet-${process.pid}-${host.name}${cgroup}`;
  let client: AgentClient | undefined;
  const agent = (): AgentClient => client as AgentClient;
  const setValue = (controller: Controller, file: string, value: string): void =>
    writeFileSync(`${folderOf(controller)}/${file}`, value);

  async function begin(): Promise<void> {
    // A host sees the controllers of this machine without being allowed to write there, each time that it is booted.
    for (const controller of present) {
      await host.must('mount', '-o', 'remount,bind,rw', `/sys/fs/cgroup/${controller}`);
    }
    await host.must('systemctl', 'start', 'leash-agent');
    client?.close();
    // The socket as this machine sees it, through the root of the host's first process.
    const path = `/proc/${host.pidOutside(1)}/root/run/leash/agent.sock`;
    const eager = { 'grpc.initial_reconnect_backoff_ms': 10, 'grpc.max_reconnect_backoff_ms': 50 };
    const next = createAgentClient(`unix:${path}`, credentials.createInsecure(), eager);
    client = next;
    await until('the agent answers', () => next.call('describe', {}, 2000).catch(() => undefined), answersWithinMs);
  }

  async function dispose(): Promise<void> {
    client?.close();
    // What is frozen cannot be ended.
    if (existsSync(folderOf('freezer'))) setValue('freezer', 'freezer.state', 'THAWED');
    await fleet.dispose();
  }

  try {
    if (install) await install(host);
    else await host.must('systemd-sysusers');
    await host.write('/etc/systemd/system/leash-agent.service.d/root.conf', dropIn);
    await host.write('/etc/leash/policy.yaml', policy, 0o600);
    await host.must('systemctl', 'daemon-reload');
    await host.must('systemctl', 'start', unit);
    for (const controller of present) mkdirSync(folderOf(controller));
    await host.must('systemctl', 'stop', 'leash-agent');
    await begin();
  } catch (error) {
    await dispose();
    throw error;
  }

  const held = async () => (await agent().call('describe', {})).active ?? [];
  const stateOf = async (name: string) => (await host.run('systemctl', 'is-active', name)).output.trim();

  return {
    host,
    agent,
    folderOf,
    held,
    textOf: (controller, file) => readFileSync(`${folderOf(controller)}/${file}`, 'latin1'),
    setValue,
    enter: (controller, pid) => setValue(controller, 'cgroup.procs', String(pid)),
    stateOf,
    isRunning: () => until('the service runs again', async () => (await stateOf(unit)) === 'active', 30_000),
    nothingHeld: () => until('nothing is held', async () => (await held()).length === 0, 60_000),
    receiptOf: ({ faultId }) =>
      until(
        'a receipt says that it is restored',
        async () => {
          const { receipts } = await agent().call('restore', { faultId: faultId ?? '' });
          return receipts?.find(({ confirmed }) => confirmed);
        },
        60_000,
      ),
    async threads(read) {
      const folder = `/proc/${await host.mainPid(unit)}/task`;
      return readdirSync(folder)
        .map((tid) => `${tid} ${read(`${folder}/${tid}`)}`)
        .join('\n');
    },
    async ping() {
      const { output } = await host.run('timeout', '1', 'redis-cli', 'ping');
      return output.includes('PONG') ? 'answers' : 'silent';
    },
    begin,
    async kill(death) {
      const { isAgent, isHolder } = deaths[death];
      const pid = await host.mainPid('leash-agent');
      const holders = holdersOf(pid);
      // Whoever is killed first is not seen to go by the other: a stopped agent neither acts nor ends.
      if (isAgent && isHolder) process.kill(pid, 'SIGSTOP');
      if (isHolder) for (const holder of holders) process.kill(holder, 'SIGKILL');
      if (isAgent) process.kill(pid, 'SIGKILL');
    },
    dispose,
  };
}

/** As this machine numbers them; what the agent asks of systemd is no holder. */
function holdersOf(agentPid: number): readonly number[] {
  const reader = createProcessReader();
  return listHolders(parsePid(agentPid))
    .map(({ pid }) => pid as number)
    .filter((pid) => reader.readProcess(parsePid(pid))?.cmdline.some((word) => word.includes('leash-holder')));
}
