/** One fault of each sort on a booted host, and whether anything of them is left, by the tests' own eyes. */
import { credentials } from '@grpc/grpc-js';
import { runnerWord } from '../../../agent/holders/program-runner.ts';
import type { leash } from '../../../proto/codec.ts';
import { type AgentClient, createAgentClient } from '../../rig/agent.ts';
import { inject } from '../../rig/inject.ts';
import { commandLineOf, isAlive, threadStates } from '../../rig/proc.ts';
import { until } from '../../rig/until.ts';
import type { BootedHost } from './booted-host.ts';

export interface Held {
  readonly faults: readonly leash.v1.IFault[];
  /** Every thread of every target runs, or the target is gone with its host, and no holder lives. */
  isLetGo(): boolean;
  /** The same of what the kernel binds: all but the stop that the journal has. */
  isKernelLetGo(): boolean;
  /** Every lease runs for a whole minute from here. */
  renew(): Promise<void>;
  close(): void;
}

/** The longest that a policy allows; renewed before whatever is to let go, so that the lease is never what does. */
const leaseTtlMs = 60_000;
const durationMs = 240_000;

/** redis paused (bound by the kernel), sleep stopped (by the journal), a processor burning, and a port cut off. */
export async function holdEverything(host: BootedHost): Promise<Held> {
  const [redis, sleep] = [await host.mainPid('redis-server'), await host.mainPid('victim')];
  const client = localClient(host);
  const hold = (kind: string, parameters: object, name?: string) =>
    inject(client, {
      kind,
      parameters: parameters as never,
      leaseTtlMs,
      durationMs,
      ...(name === undefined ? {} : { selector: { name } }),
    });
  const faults = [
    await hold('process.pause', {}, 'redis-server'),
    await hold('process.pause', { visible: true }, 'sleep'),
    await hold('stress.cpu', { cores: 1, load: '20%' }),
    await hold('network.cut', { addresses: '192.0.2.0/24' }),
  ];
  const holders = (): readonly number[] => host.pidsOutside().filter(isHolder);
  await until(`${host.name} holds redis`, () => stopped(redis).length > 0 && stopped(sleep).length > 0);
  const known = holders();
  const isKernelLetGo = (): boolean =>
    stopped(redis).length === 0 && !known.some((pid) => isAlive(pid) && isHolder(pid));
  return {
    faults,
    isLetGo: () => isKernelLetGo() && stopped(sleep).length === 0,
    isKernelLetGo,
    async renew() {
      const renewals = faults.map(({ faultId }) => ({ faultId: faultId ?? '', leaseTtlMs }));
      await client.call('renew', { renewals });
    },
    close: () => client.close(),
  };
}

/** Of the agent of that host, by its local socket, in the host's own directories as this machine sees them. */
export function localClient(host: BootedHost): AgentClient {
  const socketPath = `/proc/${host.pidOutside(1)}/root/run/leash/agent.sock`;
  return createAgentClient(`unix:${socketPath}`, credentials.createInsecure());
}

/** In words: what Leash has left behind. */
export async function leftOn(host: BootedHost): Promise<readonly string[]> {
  const pids = host.pidsOutside();
  const tables = (await host.run('nft', 'list', 'tables')).output.split('\n').filter((line) => line.includes('leash'));
  return [
    ...pids.filter((pid) => stopped(pid).length > 0).map((pid) => `${commandLineOf(pid)} is stopped`),
    ...pids.filter(isHolder).map((pid) => `holder ${pid} lives`),
    ...tables,
  ];
}

/** What runs programs for the agent holds nothing, and stays for a while after the last of them. */
export function isHolder(pid: number): boolean {
  const words = commandLineOf(pid).split(' ');
  return words.some((word) => word.endsWith('/leash-holder.js')) && !words.includes(runnerWord);
}

export function stopped(pid: number): readonly string[] {
  return threadStates(pid).filter((state) => state === 't' || state === 'T');
}
