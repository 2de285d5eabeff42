/** The kill switch of this host: Halt and Rearm. Neither needs a store, a policy or an approval to answer. */
import type { leash } from '../../proto/codec.ts';
import { type Receipt, receiptToWire } from '../../proto/fault.ts';
import { integerIn, text } from '../../proto/invalid-input.ts';
import { Refused } from '../../proto/refused.ts';
import { isLive } from '../core/fault.ts';
import type { Engine } from '../engine/engine.ts';
import { unary } from './call.ts';
import type { AgentContext } from './context.ts';
import { haltToWire } from './wire.ts';

const latchWithinMs = 1000;
const restoreWithinMs = 3000;

export function haltingHandlers(context: AgentContext) {
  return {
    halt: unary<leash.v1.HaltRequest, leash.v1.IHaltReply>('halt', async (request, caller) => {
      const { engine, clock } = context;
      const arrivedAtMs = clock.bootMs();
      const requestId = text(request.requestId, 'request_id', { lengthMin: 1, lengthMax: 128 });
      const reason = text(request.reason, 'reason', { lengthMin: 0, lengthMax: 1024 });
      const live = [...engine.state().faults.values()].filter(isLive).map((fault) => fault.facts.faultId);
      engine.dispatch({ type: 'halt', order: { requestId, reason, by: caller.name } });
      await latchWritten(context);
      const latchedMs = clock.bootMs() - arrivedAtMs;
      const receipts = await Promise.all(live.map((faultId) => receiptOf(engine, faultId)));
      return {
        halt: haltToWire(engine.state().latch, engine.latchDurability()),
        latchedMs,
        restoredMs: clock.bootMs() - arrivedAtMs,
        receipts: receipts.flatMap((receipt) => (receipt ? [receiptToWire(receipt)] : [])),
      };
    }),

    rearm: unary<leash.v1.RearmRequest, leash.v1.IRearmReply>('rearm', async (request, caller) => {
      const expectedEpoch = integerIn(request.expectedEpoch, 'expected_epoch', 1, Number.MAX_SAFE_INTEGER);
      const reason = text(request.reason, 'reason', { lengthMin: 0, lengthMax: 1024 });
      const refusals = context.haltFileRefusals();
      if (refusals.length > 0) throw new Refused(refusals);
      const reply = await context.engine.rearm({ expectedEpoch, by: caller.name, reason });
      if (reply.type === 'refused') throw new Refused(reply.refusals);
      return { halt: haltToWire(context.engine.state().latch, context.engine.latchDurability()) };
    }),
  };
}

/** Resolves when the disks have it, or a second is over: it holds in memory already, and the answer says what has it. */
async function latchWritten({ engine, clock }: AgentContext): Promise<void> {
  const late = new Promise<void>((resolve) => clock.after(latchWithinMs, resolve));
  await Promise.race([engine.latchWritten(), late]);
}

async function receiptOf(engine: Engine, faultId: string): Promise<Receipt | undefined> {
  const fault = await engine.until(faultId, (each) => each.life.phase === 'ended', restoreWithinMs);
  return fault && 'receipt' in fault.life ? fault.life.receipt : undefined;
}
