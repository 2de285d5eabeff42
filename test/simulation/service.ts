/** An agent under its unit on a simulated host: systemd's part of the way home. */

import { defaultPolicy } from '../../agent/core/policy.ts';
import { type AgentPlan, haltFiles, runAgent } from './programs/agent-program.ts';
import { runReplayer } from './programs/replayer-program.ts';
import type { Host } from './world/host.ts';
import type { Process } from './world/process.ts';

export interface ServicePlan {
  readonly host: Host;
  readonly agent: Omit<AgentPlan, 'feedWatchdog' | 'watchdogEveryMs'>;
}

/** As in the unit. */
const restartMs = 500;
const watchdogMs = 10_000;
const watchdogEveryMs = 5000;
const stopTimeoutMs = 15_000;
/** Where nothing supervises, somebody starts it again by hand. */
const byHandMs = { from: 3000, to: 20_000 };
const agentUid = 0;

export interface Service {
  agent(): Process | undefined;
  holders(): readonly Process[];
  /** After a boot, and at the very beginning. */
  start(): void;
  /** `leash-agent halt`, when the agent was silent: the file first, then SIGKILL, then the journal. */
  haltByForce(): void;
}

export function createService({ host, agent: plan }: ServicePlan): Service {
  const { timeline, random } = host;
  let agent: Process | undefined;

  function later(ms: number, call: () => void): void {
    const { bootId } = host;
    const look = (): void => {
      if (host.bootId !== bootId || !host.isUp) return;
      if (!host.isRunning) timeline.at(timeline.nowMs() + 10, look);
      else call();
    };
    timeline.at(timeline.nowMs() + ms, look);
  }

  function replay(then: () => void): void {
    const tool = host.spawn({ program: 'leash-agent-restore', parent: host.init, uid: agentUid, isProtected: true });
    tool.onExit(() => later(1, then));
    tool.soon(() => void runReplayer({ ...defaultPolicy, ...plan.policy }), random.between(40, 150));
  }

  function startAgent(): void {
    if (agent?.isAlive) return;
    const process = host.spawn({ program: 'leash-agent', parent: host.init, uid: agentUid, isProtected: true });
    agent = process;
    let cancelWatchdog = (): void => undefined;
    const feedWatchdog = (): void => {
      cancelWatchdog();
      if (!plan.hasSupervisor) return;
      cancelWatchdog = timeline.at(timeline.nowMs() + watchdogMs, () => process.signal('SIGKILL'));
    };
    process.onExit(() => {
      cancelWatchdog();
      later(1, afterEnd);
    });
    process.soon(
      () => {
        runAgent({ ...plan, feedWatchdog, watchdogEveryMs }).then(
          () => host.observer.ready(process),
          (error: unknown) => {
            // A disk that fails keeps it from starting, and it is started again.
            if (!isOfDisk(error)) host.observer.accident(process, error);
            process.end('exit 1');
          },
        );
      },
      random.between(100, 300),
    );
  }

  function afterEnd(): void {
    if (!plan.hasSupervisor) {
      later(random.between(byHandMs.from, byHandMs.to), startAgent);
      return;
    }
    for (const holder of holders()) {
      holder.signal('SIGTERM');
      holder.signal('SIGCONT');
    }
    const beganAtMs = timeline.nowMs();
    const wait = (): void => {
      if (timeline.nowMs() - beganAtMs > stopTimeoutMs) for (const holder of holders()) holder.signal('SIGKILL');
      if (holders().length > 0) later(20, wait);
      else replay(() => later(restartMs, start));
    };
    wait();
  }

  function holders(): readonly Process[] {
    return [...host.processes()].filter((process) => process.plan.program === 'leash-holder');
  }

  function start(): void {
    if (agent?.isAlive) return;
    if (plan.hasSupervisor) replay(startAgent);
    else startAgent();
  }

  return {
    agent: () => (agent?.isAlive ? agent : undefined),
    holders,
    start,
    haltByForce() {
      host.disk.plant(haltFiles[1] as string, Buffer.from('leash-agent halt\n'));
      const own = holders();
      agent?.signal('SIGKILL');
      for (const holder of own) holder.signal('SIGKILL');
      replay(() => undefined);
    },
  };
}

function isOfDisk(error: unknown): boolean {
  return error instanceof Error && ['JournalUnavailable', 'AuditUnavailable'].includes(error.name);
}
