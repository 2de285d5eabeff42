/** Injecting and letting go: the two things that the engine tells hosts to do for a run. */
import { isOpen, type Placement, type RunState } from '../core/run.ts';
import type { RunInput } from '../core/run-decision.ts';
import { HostCallFailed } from './fleet-port.ts';
import { faultStepsOf } from './planner.ts';
import type { EnginePorts } from './ports.ts';

export interface OrderContext extends Pick<EnginePorts, 'fleet' | 'permits'> {
  run(runId: string): RunState | undefined;
  isHalted(): boolean;
  dispatch(runId: string, input: RunInput): void;
}

/** Sends one inject, once. Between the record and this instant the run may have ended: then nothing is sent. */
export async function inject(context: OrderContext, runId: string, { key, host }: Placement): Promise<void> {
  const { scopeHosts = [], experiment } = context.run(runId)?.facts ?? {};
  const intent =
    experiment && context.permits ? await context.permits.proofFor(experiment, scopeHosts, runId) : undefined;
  const run = context.run(runId);
  const placement = run?.placements.find((each) => each.key === key);
  const step = run && faultStepsOf(run.facts.experiment).find((each) => each.number === placement?.stepNumber);
  if (!run || !placement || !step) return;
  if (run.life.phase !== 'running' || placement.life.phase !== 'ordered' || context.isHalted()) {
    context.dispatch(runId, { type: 'not-sent', key, detail: 'not sent: the run had ended' });
    return;
  }
  const { name, stage, leaseTtlMs, rollback = [] } = run.facts.experiment;
  try {
    const order = {
      placement,
      step,
      experiment: name,
      runId,
      stage,
      leaseTtlMs,
      rollback,
      ...(intent ? { intent } : {}),
    };
    context.dispatch(runId, { type: 'fault-seen', host, fault: await context.fleet.inject(host, order) });
  } catch (error) {
    context.dispatch(runId, injectFailure(key, error));
  }
}

/** Lets go of everything of a run on a host. What the host calls by ids that never came back is learned beside it. */
export async function letGo(context: OrderContext, runId: string, host: string, reason: string): Promise<void> {
  const { fleet } = context;
  const own = context.run(runId)?.placements.filter((placement) => placement.host === host && isOpen(placement)) ?? [];
  const hasNameless = own.some(({ life }) => life.phase === 'ordered' || life.phase === 'unknown');
  // It may fail while the ids are still asked for, and a rejection that nobody waits for yet ends the coordinator.
  const restored = fleet.restore(host, { runId }, reason.slice(0, 1000)).then(
    (receipts): RunInput => ({ type: 'receipts', host, receipts }),
    (error: unknown): RunInput => ({ type: 'let-go-failed', host, detail: messageOf(error) }),
  );
  if (hasNameless) await learnIds(context, runId, host);
  context.dispatch(runId, await restored);
}

async function learnIds({ fleet, dispatch }: OrderContext, runId: string, host: string): Promise<void> {
  const active = await fleet.describe(host).then(
    (description) => description.active,
    () => [],
  );
  for (const fault of active) if (fault.runId === runId) dispatch(runId, { type: 'fault-seen', host, fault });
}

function injectFailure(key: string, error: unknown): RunInput {
  const detail = messageOf(error);
  if (!(error instanceof HostCallFailed) || error.kind === 'unknown') return { type: 'inject-unanswered', key, detail };
  // The host had begun: what it still holds, if anything, is in the receipt that it owes.
  const begun = error.refusals.find((refusal) => refusal.reason === 'holder-failed' && refusal.value !== undefined);
  if (begun?.value !== undefined) return { type: 'inject-failed', key, faultId: begun.value, detail };
  return { type: 'inject-refused', key, detail };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
