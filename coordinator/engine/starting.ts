/** Runs begin: every gate is asked again, and the zones and services are taken. Or they wait until others give them back. */
import { formatDurationMs } from '../../proto/quantity.ts';
import type { Asker } from '../core/access.ts';
import { type Claim, claimConflicts, claimsOf } from '../core/claims.ts';
import type { GateVerdict } from '../core/gate-verdict.ts';
import { queued, queuedMax, worthWaitingFor } from '../core/queueing.ts';
import type { RunFacts, RunState } from '../core/run.ts';
import type { RunView } from './engine-api.ts';
import { RunRefused } from './errors.ts';
import type { AuditEntry, EnginePorts } from './ports.ts';
import { withoutProgramme } from './programme-port.ts';
import type { RunKeeper } from './run-keeper.ts';
import { createRunQueue } from './run-queue.ts';
import type { RunViews } from './run-views.ts';
import type { Submitting } from './submitting.ts';
import { takeClaims } from './taking-claims.ts';
import { takeIntent } from './taking-intents.ts';

export interface StartingContext
  extends Pick<EnginePorts, 'clock' | 'store' | 'programme' | 'permits' | 'gates' | 'warn'>,
    Pick<Submitting, 'planExperiment'> {
  readonly keeper: RunKeeper;
  readonly views: RunViews;
  /** Best effort. */
  audit(entry: AuditEntry): void;
}

export interface Starting {
  /** @throws RunRefused @throws UnknownRun */
  start(runId: string, by: string, queueForMs: number, asker?: Asker): Promise<RunView>;
  /** Looks at what waits, once the hosts are back: at the start of a coordinator, which may have found some. */
  takeUpQueue(hostsAreBack: () => Promise<void>): void;
  stop(): void;
}

export function createStarting(context: StartingContext): Starting {
  const { clock, store, keeper, views, programme = withoutProgramme } = context;

  /** What each run wanted when it was planned last. */
  const wanted = new WeakMap<RunFacts, readonly Claim[]>();

  /** @param takes what it needs, where no gate refuses. @returns every verdict. */
  async function judge({ facts }: RunState, takes: boolean, asker?: Asker): Promise<readonly GateVerdict[]> {
    const who = { runId: facts.runId, submitted: facts, ...(asker ? { asker } : {}) };
    const { gates, input } = await context.planExperiment(facts.experiment, who);
    wanted.set(facts, claimsOf(facts.experiment, input.hosts));
    if (!takes || gates.some((gate) => !gate.passed)) return gates;
    // Several that start at once have all found their zone free: here one of them takes it, and the others do not.
    const taken = (await takeClaims(context, input, facts.runId)) ?? (await takeIntent(context, input, facts.runId));
    return taken ? [...gates.filter(({ gate }) => gate !== taken.gate), taken] : gates;
  }

  async function begin(runId: string, by: string, gates: readonly GateVerdict[], asker?: Asker): Promise<void> {
    keeper.dispatch(runId, { type: 'start', by, gates, ...(asker ? { asker } : {}) });
    // Aborted while the gates were asked: it never begins, so the record of its end gave nothing back.
    if ((keeper.get(runId)?.life.phase ?? 'ended') === 'ended') await programme.records.release(runId);
  }

  function refuse(runId: string, by: string, gates: readonly GateVerdict[]): readonly GateVerdict[] {
    const refused = gates.filter((gate) => !gate.passed);
    const reasons = refused.map((verdict) => `${verdict.gate}: ${verdict.message}`);
    // What it waits for may still come: whoever starts it too early does not lose what it has.
    const waitedFor = context.gates.filter((gate) => gate.isWaitedFor).map((gate) => gate.name);
    const isPremature =
      keeper.get(runId)?.life.phase === 'submitted' && refused.every(({ gate }) => waitedFor.includes(gate));
    if (!isPremature) keeper.dispatch(runId, { type: 'refuse', reasons, gates });
    context.audit({ by, action: 'refused', subject: runId, detail: reasons.join('; '), phase: 'refusal' });
    return refused;
  }

  /** @returns who has what this run wanted when it was planned last; undefined where nobody has. */
  async function takenByOthers({ facts }: RunState): Promise<string | undefined> {
    const conflicts = claimConflicts(facts.runId, wanted.get(facts) ?? [], await programme.records.claims());
    return conflicts.length > 0 ? conflicts.join('; ') : undefined;
  }

  const queue = createRunQueue({
    ...context,
    async tryToBegin(run) {
      const { runId, scopeDigest } = run.facts;
      const { by } = run.life;
      // What others have is looked at first: hosts are not asked each second for a plan that cannot be carried out.
      const taken = await takenByOthers(run);
      if (taken !== undefined) return taken;
      const gates = await judge(run, true, run.facts.startedAs);
      if (!gates.every((gate) => gate.passed)) {
        // A coordinator that was started anew knows only now what it wanted: before its turn, nothing else is held against it.
        const why = worthWaitingFor(gates) ?? (await takenByOthers(run));
        if (why === undefined) refuse(runId, by, gates);
        return why;
      }
      try {
        await store.audit({ by, action: 'start', subject: runId, detail: 'from the queue', digest: scopeDigest });
      } catch (error) {
        await programme.records.release(runId);
        throw error;
      }
      await begin(runId, by, gates, run.facts.startedAs);
      return undefined;
    },
  });

  return {
    async start(runId, by, queueForMs, asker) {
      const { run } = await views.of(runId);
      if (run.life.phase !== 'submitted') {
        const message = `run ${runId} is ${run.life.phase} already; each run starts once`;
        throw new RunRefused([{ gate: 'phase', passed: false, message }]);
      }
      // Intent before act: no room for the audit refuses new faults.
      const { experiment, scopeDigest: digest } = run.facts;
      const detail = `${experiment.name}${queueForMs > 0 ? `, waits ${formatDurationMs(queueForMs)}` : ''}`;
      await store.audit({ by, action: 'start', subject: runId, detail, digest });
      // Who came before has the first word.
      const waiting = queued(keeper.all()).length;
      const isBehind = queueForMs > 0 && waiting > 0;
      const gates = await judge(run, !isBehind, asker);
      const isFree = gates.every((gate) => gate.passed);
      if (isFree && !isBehind) {
        await begin(runId, by, gates, asker);
        return views.of(runId);
      }
      const why = isFree ? 'others came before it' : worthWaitingFor(gates);
      if (queueForMs === 0 || why === undefined || waiting >= queuedMax) {
        const full = {
          gate: 'queue',
          passed: false,
          message: `${waiting} runs are queued, at most ${queuedMax} allowed`,
        };
        const isFull = queueForMs > 0 && waiting >= queuedMax;
        throw new RunRefused(refuse(runId, by, isFull ? [...gates, full] : gates));
      }
      const expiresAtUnixMs = clock.unixMs() + queueForMs;
      const place = queued(keeper.all()).length + 1;
      keeper.dispatch(runId, { type: 'queue', by, ...(asker ? { asker } : {}), expiresAtUnixMs, place, why });
      await queue.look();
      return views.of(runId);
    },
    takeUpQueue: queue.takeUp,
    stop: queue.stop,
  };
}
