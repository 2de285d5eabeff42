/** The calls that touch nothing: Describe, ListProcesses, Plan, Observe, Watch. */
/** The calls that touch nothing: Describe, ListProcesses, Plan, Watch. */
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { leash } from '../../proto/codec.ts';
import { bindingWords } from '../../proto/fault.ts';
import { selectorFromWire } from '../../proto/selector.ts';
import { haltRefusals } from '../core/decide.ts';
import type { Match } from '../engine/examine.ts';
import { admit, statusOf, unary } from './call.ts';
import { type AgentContext, nowOf } from './context.ts';
import { parseObserve, parsePlan, pidOf } from './parse.ts';
import { eventToWire, processToWire } from './wire.ts';

/** A watcher that does not read is let go rather than buffered for. */
export const unreadBytesMax = 1_048_576;

export function readingHandlers(context: AgentContext) {
  return {
    describe: unary<leash.v1.DescribeRequest, leash.v1.IDescribeReply>('describe', () => context.describe()),

    async listProcesses(call: ServerWritableStream<leash.v1.ListProcessesRequest, leash.v1.IListProcessesReply>) {
      try {
        const caller = admit(call, 'listProcesses');
        const toWire = matchesToWire(context);
        const selector = selectorFromWire(call.request.selector, 'selector');
        // Each batch is a turn of the event loop, or several: ten thousand in one would hold up renewals.
        for await (const matches of context.listProcesses(selector, pidOf(caller.peer))) {
          if (call.cancelled) return;
          if (matches.length > 0) call.write({ processes: matches.map(toWire) });
        }
        call.end();
      } catch (error) {
        call.emit('error', statusOf(error));
      }
    },

    plan: unary<leash.v1.PlanRequest, leash.v1.IPlanReply>('plan', async (request, caller) => {
      const examination = await context.examine(parsePlan(request, caller));
      const state = context.engine.state();
      const toWire = matchesToWire(context);
      return {
        targets: examination.targets.map(toWire),
        protected: examination.matches.filter((match) => match.protectedBy.length > 0).map(toWire),
        matched: examination.matches.length,
        choiceReason: examination.choiceReason,
        durationMs: examination.durationMs,
        targetsDigest: examination.targetsDigest,
        haltEpoch: state.latch.epoch,
        binding: bindingWords.toWire(examination.binding),
        bindingReason: examination.bindingReason,
        warnings: [...examination.warnings],
        refusals: [...haltRefusals(state, undefined), ...examination.refusals(state, context.clock.bootMs())],
      };
    }),

    observe: unary<leash.v1.ObserveRequest, leash.v1.IObserveReply>('observe', (request, caller) =>
      context.observe(parseObserve(request), pidOf(caller.peer)),
    ),

    watch(call: ServerWritableStream<leash.v1.WatchRequest, leash.v1.IEvent>) {
      try {
        admit(call, 'watch');
      } catch (error) {
        call.emit('error', statusOf(error));
        return;
      }
      const { engine, clock } = context;
      const stop = engine.watch((event) => {
        try {
          // The certificate may have run out since the stream was opened.
          admit(call, 'watch');
        } catch (error) {
          call.emit('error', statusOf(error));
          return;
        }
        if (call.writableLength > unreadBytesMax) call.end();
        else call.write(eventToWire(event, nowOf(clock), engine.latchDurability()));
      });
      for (const end of ['cancelled', 'close', 'error', 'finish'] as const) call.on(end, stop);
    },
  };
}

/** By the policy of now: a pattern has matched the real arguments, whether they are shown or not. */
function matchesToWire(context: AgentContext): (match: Match) => leash.v1.IProcessMatch {
  const commandLines = context.commandLines();
  return ({ process, matched, protectedBy }) => processToWire({ process, matched, protectedBy, commandLines });
}
