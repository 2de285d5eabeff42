/** Whatever is killed or hangs, what was held runs on: "Bounded" and the "Unkillable switch". */
import { cpus } from 'node:os';
import type { JsonObject } from '../../../proto/struct.ts';
import { type Attempt, type Bench, boundMs, NotTried, overloadedBoundMs, replayBoundMs } from './attempt.ts';
import type { HeldFault, SecondAgent } from './second-agent.ts';
import { within } from './within.ts';

/** Long enough for an inject on a busy host, which must be over before its lease is. */
const shortLeaseMs = 1000;
const goneWithinMs = 5000;
/** "nobody", who owns no process of the selftest. */
const otherUid = 65_534;

const stress: readonly (readonly [string, JsonObject])[] = [
  ['stress.cpu', { cores: 1, load: '20%' }],
  ['stress.memory', { size: '32MiB' }],
];

export const letsGo: readonly Attempt[] = [
  {
    promise: 'Bounded',
    name: 'pause: agent hangs, its lease ends',
    boundMs,
    try: (bench) => hang(bench, 'process.pause'),
  },
  {
    promise: 'Bounded',
    name: 'slow-down: agent hangs, its lease ends',
    boundMs,
    try: (bench) => hang(bench, 'process.slow', { share: '30%' }),
  },
  ...stress.map(
    ([kind, parameters]): Attempt => ({
      promise: 'Bounded',
      name: `${kind}: agent hangs, its lease ends`,
      boundMs,
      try: (bench) => hang(bench, kind, parameters),
    }),
  ),
  {
    promise: 'Bounded',
    name: 'pause: agent starved, its lease ends',
    boundMs: overloadedBoundMs,
    async try(bench) {
      const fault = await pause(bench.agent, bench, shortLeaseMs);
      await bench.burn(2 * cpus().length);
      return bench.victim.everyThreadRanAfter(fault.leaseEndsAtNs);
    },
  },
  {
    promise: 'Unkillable switch',
    name: 'pause: agent SIGKILLed',
    boundMs,
    async try(bench) {
      await pause(bench.agent, bench);
      const from = process.hrtime.bigint();
      bench.agent.signal('SIGKILL');
      return bench.victim.everyThreadRanAfter(from);
    },
  },
  {
    promise: 'Unkillable switch',
    name: 'pause: holder SIGKILLed',
    boundMs,
    async try(bench) {
      await pause(bench.agent, bench);
      const from = process.hrtime.bigint();
      bench.agent.killHolders();
      return bench.victim.everyThreadRanAfter(from);
    },
  },
  {
    promise: 'Unkillable switch',
    name: 'pause: agent and holder SIGKILLed',
    boundMs,
    async try(bench) {
      await kernelBound(pause(bench.agent, bench));
      const from = process.hrtime.bigint();
      killBoth(bench.agent);
      return bench.victim.everyThreadRanAfter(from);
    },
  },
  {
    promise: 'Unkillable switch',
    name: 'slow-down: agent and holder SIGKILLed',
    boundMs,
    async try(bench) {
      const { agent, victim } = bench;
      const asked = { kind: 'process.slow', parameters: { share: '30%' }, target: victim.identity };
      await kernelBound(agent.inject(asked));
      const from = process.hrtime.bigint();
      killBoth(agent);
      return victim.everyThreadRanAfter(from);
    },
  },
  ...stress.map(
    ([kind, parameters]): Attempt => ({
      promise: 'Unkillable switch',
      name: `${kind}: agent SIGKILLed`,
      boundMs,
      async try({ agent }) {
        await agent.inject({ kind, parameters });
        const holders = agent.identityOfHolders();
        const from = process.hrtime.bigint();
        agent.signal('SIGKILL');
        return goneAfter(from, () => agent.holdersAreGone(holders));
      },
    }),
  ),
  {
    promise: 'Unkillable switch',
    name: 'pause without ptrace: both SIGKILLed, replay',
    boundMs: replayBoundMs,
    async try(bench) {
      const agent = await withoutPtrace(bench);
      const { binding } = await pause(agent, bench);
      if (binding !== 'journal') throw new NotTried('ptrace is to be had by any user of this host');
      const from = process.hrtime.bigint();
      killBoth(agent);
      const { code, output } = agent.command('restore');
      const lateMs = await bench.victim.everyThreadRanAfter(from);
      if (code !== 0) throw new Error(`leash-agent restore exited with ${code}: ${output}`);
      return lateMs;
    },
  },
];

/** Past the end of the lease. */
async function hang(bench: Bench, kind: string, parameters: JsonObject = {}): Promise<number> {
  const { agent, victim } = bench;
  const isAimed = kind.startsWith('process.');
  const asked = { kind, parameters, leaseTtlMs: shortLeaseMs, ...(isAimed ? { target: victim.identity } : {}) };
  const fault = await agent.inject(asked);
  const holders = agent.identityOfHolders();
  agent.signal('SIGSTOP');
  // A stopped agent does not reap its holder; a zombie is gone.
  const gone = goneAfter(fault.leaseEndsAtNs, () => agent.holdersAreGone(holders));
  const runs = isAimed ? victim.everyThreadRanAfter(fault.leaseEndsAtNs) : 0;
  const [goneMs, runsMs] = await Promise.all([gone, runs]);
  return kind === 'process.pause' ? runsMs : Math.max(goneMs, runsMs);
}

async function pause(agent: SecondAgent, { victim }: Bench, leaseTtlMs = 10_000): Promise<HeldFault> {
  const fault = await agent.inject({ kind: 'process.pause', target: victim.identity, leaseTtlMs });
  const isHeld = victim.isHeld() || process.hrtime.bigint() >= fault.leaseEndsAtNs;
  if (!isHeld) throw new Error('the agent says that the process is paused, and it is not');
  return fault;
}

async function kernelBound(injecting: Promise<HeldFault>): Promise<void> {
  const { binding } = await injecting;
  if (binding !== 'kernel') throw new NotTried('ptrace is not to be had here: such a fault is bound by the journal');
}

/** The agent first stopped, so that it cannot act on the death of its holder before it dies itself. */
function killBoth(agent: SecondAgent): void {
  agent.signal('SIGSTOP');
  agent.killHolders();
  agent.signal('SIGKILL');
}

async function withoutPtrace(bench: Bench): Promise<SecondAgent> {
  const { binding } = await bench.agent
    .plan({ kind: 'process.pause', target: bench.victim.identity })
    .then((plan) => ({ binding: plan.binding }));
  const boundByJournal = 2;
  return binding === boundByJournal ? bench.agent : bench.agentAs(otherUid);
}

async function goneAfter(fromNs: bigint, isGone: () => boolean): Promise<number> {
  const leftMs = Math.max(0, Number(fromNs - process.hrtime.bigint()) / 1e6);
  await within(leftMs + goneWithinMs, 'the holder is gone', isGone);
  return Math.max(0, Number(process.hrtime.bigint() - fromNs) / 1e6);
}
