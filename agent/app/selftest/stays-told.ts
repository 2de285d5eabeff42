/** Receipts, the halt latch and the audit: "Seen, not assumed", "Halt stays" and "No silence". */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { verifyAudit } from '../../../shared/audit-verify.ts';
import { type Attempt, type Bench, boundMs } from './attempt.ts';
import { within } from './within.ts';

/** A file may be found by the poll for directories that cannot tell, every 500 ms. */
const haltFileBoundMs = 750;
/** An agent is given a second to answer, and then is not waited for. */
const forcedHaltBoundMs = 3000;

export const staysTold: readonly Attempt[] = [
  {
    promise: 'Seen, not assumed',
    name: 'restore: the receipt says what is seen',
    boundMs,
    async try({ agent, victim }) {
      const fault = await agent.inject({ kind: 'process.pause', target: victim.identity });
      const from = process.hrtime.bigint();
      const reply = await agent.client.call('restore', { faultId: fault.faultId, reason: 'selftest' } as never, 6000);
      const lateMs = await victim.everyThreadRanAfter(from);
      const [receipt] = reply.receipts ?? [];
      if (!receipt?.confirmed) throw new Error('the receipt does not confirm it');
      const [target] = receipt.targets ?? [];
      if (target?.threads !== target?.threadsRunning) throw new Error('the receipt counts threads that do not run');
      return lateMs;
    },
  },
  {
    promise: 'Halt stays',
    name: 'a HALT file lets go of everything',
    boundMs: haltFileBoundMs,
    async try(bench) {
      const { agent, victim } = bench;
      await agent.inject({ kind: 'process.pause', target: victim.identity });
      const from = process.hrtime.bigint();
      const file = `${agent.runPath}/HALT`;
      writeFileSync(file, 'selftest\n', { mode: 0o600 });
      try {
        const lateMs = await victim.everyThreadRanAfter(from);
        await isHalted(bench);
        return lateMs;
      } finally {
        rmSync(file);
        await rearm(bench);
      }
    },
  },
  {
    promise: 'Halt stays',
    name: 'the latch outlives SIGKILL and a restart',
    async try(bench) {
      await bench.agent.client.call(
        'halt',
        { requestId: `selftest-${process.hrtime.bigint()}`, reason: 'selftest' },
        6000,
      );
      bench.agent.signal('SIGKILL');
      await bench.agent.restart();
      try {
        await isHalted(bench);
      } finally {
        await rearm(bench);
      }
      return undefined;
    },
  },
  {
    promise: 'Halt stays',
    name: '`leash-agent halt` where the agent hangs',
    boundMs: forcedHaltBoundMs,
    async try({ agent, victim }) {
      await agent.inject({ kind: 'process.pause', target: victim.identity });
      agent.signal('SIGSTOP');
      const from = process.hrtime.bigint();
      const { code, output } = agent.command('halt');
      const lateMs = await victim.everyThreadRanAfter(from);
      rmSync(`${agent.runPath}/HALT`, { force: true });
      if (code !== 0) throw new Error(`it exited with ${code}: ${output}`);
      return lateMs;
    },
  },
  {
    promise: 'No silence',
    name: 'the audit is whole; each intent is in it',
    async try({ agent, victim }) {
      const fault = await agent.inject({ kind: 'process.pause', target: victim.identity });
      const path = `${agent.statePath}/audit.jsonl`;
      const { isIntact, problems } = await verifyAudit({ paths: [path] });
      if (!isIntact) throw new Error(problems[0]);
      if (!readFileSync(path, 'utf8').includes(fault.faultId)) throw new Error('the inject is not in it');
      return undefined;
    },
  },
];

/** By its own word, and by a refusal. @throws Error */
async function isHalted({ agent, victim }: Bench): Promise<void> {
  await within(1000, 'the agent says that it is halted', async () => {
    const { halt } = await agent.client.call('describe', {}, 2000);
    return halt?.halted === true;
  });
  const plan = await agent.plan({ kind: 'process.pause', target: victim.identity });
  if (!(plan.refusals ?? []).some(({ reason }) => reason === 'halted')) {
    throw new Error('a halted agent would inject');
  }
}

async function rearm({ agent }: Bench): Promise<void> {
  const { halt } = await agent.client.call('describe', {}, 2000);
  if (halt?.halted)
    await agent.client.call('rearm', { expectedEpoch: halt.epoch ?? 0, reason: 'selftest' } as never, 5000);
}
