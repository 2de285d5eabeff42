/** A fleet of agents in memory behind a network that can be cut, slowed, and made to lose what comes back. */
import { type Fleet, type FleetEvent, HostCallFailed } from '../../../coordinator/engine/fleet-port.ts';
import type { FakeAgent } from './fake-agent.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface FakeFleet extends Fleet {
  readonly agents: ReadonlyMap<string, FakeAgent>;
  agent(name: string): FakeAgent;
  /** Nothing passes in either direction from now on. */
  cut(name: string): void;
  mend(name: string): void;
  /** A host that comes into the inventory now. */
  join(agent: FakeAgent): void;
  /** Calls of this kind reach the host, and their answers are lost; events too while it is any. */
  loseAnswers(name: string, method: FakeMethod | undefined): void;
  /** Calls of this kind fail as soon as they would have arrived: nothing listens there. */
  refuse(name: string, method: FakeMethod): void;
  /** Time from the order to its arrival. */
  delay(name: string, method: FakeMethod, ms: number): void;
  /** How often each host was called, "host-a inject". */
  readonly calls: Map<string, number>;
}

export type FakeMethod = 'describe' | 'plan' | 'inject' | 'renew' | 'restore' | 'halt' | 'rearm';

const deadlineMs: Record<FakeMethod, number> = {
  describe: 2000,
  plan: 5000,
  inject: 10_000,
  renew: 2500,
  restore: 6000,
  halt: 2000,
  rearm: 3000,
};
const wayMs = 1;

export function createFakeFleet(clock: VirtualClock, agents: readonly FakeAgent[]): FakeFleet {
  const byName = new Map<string, FakeAgent>();
  const listeners = new Set<(host: string, event: FleetEvent) => void>();
  const cutOff = new Set<string>();
  const losing = new Map<string, FakeMethod>();
  const refusing = new Set<string>();
  const delays = new Map<string, number>();
  const calls = new Map<string, number>();
  const seenAtMs = new Map<string, number>();
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const tell = (host: string, event: FleetEvent): void => {
    for (const listener of [...listeners]) listener(host, event);
  };
  for (const agent of agents) take(agent);

  function take(agent: FakeAgent): void {
    byName.set(agent.name, agent);
    agent.publish = (event) => {
      if (cutOff.has(agent.name) || losing.has(agent.name)) return;
      clock.after(wayMs, () => {
        if (!cutOff.has(agent.name)) tell(agent.name, event);
      });
    };
  }

  async function call<Answer>(name: string, method: FakeMethod, act: (agent: FakeAgent) => Answer): Promise<Answer> {
    const key = `${name} ${method}`;
    calls.set(key, (calls.get(key) ?? 0) + 1);
    const answer = arrive(name, method, wayMs + (delays.get(key) ?? 0), act);
    return new Promise((resolve, reject) => {
      clock.after(deadlineMs[method], () =>
        reject(new HostCallFailed('unknown', `no answer within ${deadlineMs[method]} ms`)),
      );
      answer.then((value) => value && resolve(value.answer), reject);
    });
  }

  /** What is under way goes on, also when nobody waits for it any more. @returns nothing when no answer comes back. */
  async function arrive<Answer>(
    name: string,
    method: FakeMethod,
    afterMs: number,
    act: (agent: FakeAgent) => Answer,
  ): Promise<{ answer: Answer } | undefined> {
    await pause(afterMs);
    if (cutOff.has(name)) return undefined;
    if (refusing.has(`${name} ${method}`)) throw new HostCallFailed('unknown', 'connection refused');
    const answer = act(agentOf(name));
    await pause(wayMs);
    if (cutOff.has(name) || losing.get(name) === method) return undefined;
    seenAtMs.set(name, clock.bootMs());
    return { answer };
  }

  function agentOf(name: string): FakeAgent {
    const agent = byName.get(name);
    if (!agent) throw new HostCallFailed('refused', `${name} is not in the inventory`);
    return agent;
  }

  return {
    agents: byName,
    agent: agentOf,
    calls,
    cut(name) {
      cutOff.add(name);
      tell(name, { type: 'lost', detail: 'cut off' });
    },
    mend(name) {
      cutOff.delete(name);
      tell(name, { type: 'welcome', description: agentOf(name).describe() });
    },
    join(agent) {
      take(agent);
      tell(agent.name, { type: 'welcome', description: agent.describe() });
    },
    loseAnswers(name, method) {
      if (method) losing.set(name, method);
      else losing.delete(name);
    },
    refuse: (name, method) => void refusing.add(`${name} ${method}`),
    delay: (name, method, ms) => void delays.set(`${name} ${method}`, ms),
    hosts: () =>
      [...byName.values()].map((agent) => {
        const isConnected = !cutOff.has(agent.name);
        return {
          name: agent.name,
          address: `fake:${agent.name}`,
          labels: agent.labels,
          isConnected,
          seenAtMs: seenAtMs.get(agent.name) ?? 0,
          description: agent.describe(),
          ...(isConnected ? {} : { error: 'cut off' }),
        };
      }),
    describe: (name) => call(name, 'describe', (agent) => agent.describe()),
    plan: (name, step) => call(name, 'plan', (agent) => agent.plan(step)),
    inject: (name, order) => call(name, 'inject', (agent) => agent.inject(order)),
    renew: (name, renewals) => call(name, 'renew', (agent) => agent.renew(renewals)),
    restore: (name, scope) => call(name, 'restore', (agent) => agent.restore(scope)),
    halt: (name, { requestId }) => call(name, 'halt', (agent) => agent.halt(requestId)),
    rearm: (name, { expectedEpoch }) => call(name, 'rearm', (agent) => agent.rearm(expectedEpoch)),
    async listProcesses(name, _selector, receive) {
      receive(agentOf(name).processes.map(({ identity, name: command }) => ({ identity, name: command })));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
