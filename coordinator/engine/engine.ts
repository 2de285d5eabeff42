/** The coordinator's engine, put together: what is decided in the core is carried out here, and everything is let go at the end. */
import { openHosts, type RunPhase } from '../core/run.ts';
import { approvalsOf, approveRun } from './approving.ts';
import type { Engine } from './engine-api.ts';
import { RunRefused } from './errors.ts';
import { planGroup } from './group-planning.ts';
import { openHaltDrills } from './halt-drills.ts';
import { createHalting } from './halting.ts';
import { startHeartbeat } from './heartbeat.ts';
import { inject, letGo } from './host-orders.ts';
import type { AuditEntry, EnginePorts } from './ports.ts';
import { withoutProgramme } from './programme-port.ts';
import { promote } from './promoting.ts';
import { hostsAreBack, letGoOrphans, reconcile } from './reconcile.ts';
import { rehearse } from './rehearsing.ts';
import { resolveHost } from './resolving.ts';
import { rollBackRun } from './rolling-back.ts';
import { createRunKeeper } from './run-keeper.ts';
import { createRunLoads } from './run-loads.ts';
import { createRunProbes } from './run-probes.ts';
import { createRunRecorder, haltOutcome, rearmOutcome } from './run-record.ts';
import { createRunViews } from './run-views.ts';
import { createStarting } from './starting.ts';
import { createSubmitting } from './submitting.ts';
import { within } from './within.ts';

const stopWithinMs = 4000;

/** Resolves when the runs of an earlier coordinator were taken up or ended. */
export async function createEngine(ports: EnginePorts): Promise<Engine> {
  const { clock, fleet, store, warn, programme = withoutProgramme } = ports;
  const keeper = createRunKeeper(ports, (runId, effect) => {
    switch (effect.type) {
      case 'watch-probes':
        return probes.watch(runId);
      case 'stop-probes':
        return probes.stop(runId);
      case 'measure-baseline':
        return probes.measureBaseline(runId);
      case 'judge':
        return probes.judge(runId);
      case 'plan':
        return planNext(runId, effect.group);
      case 'inject':
        heartbeat.quicken();
        return void inject(orders, runId, effect.placement);
      case 'let-go':
        return void letGo(orders, runId, effect.host, effect.reason);
      case 'drive-load':
        return loads.drive(runId, effect.step);
      case 'stop-loads':
        return loads.stop(runId);
      case 'roll-back':
        return void rollBackRun(orders, runId, effect.hosts);
    }
  });
  keeper.watch(createRunRecorder(store, warn));
  const probes = createRunProbes(ports, keeper);
  const loads = createRunLoads(ports, keeper);
  const orders = {
    fleet,
    clock,
    ...(ports.permits ? { permits: ports.permits } : {}),
    run: keeper.get,
    dispatch: keeper.dispatch,
    isHalted: () => halting.latch().isHalted,
  };
  const haltDrills = await openHaltDrills(ports);
  const heartbeat = startHeartbeat({ fleet, clock, runs: keeper.all, dispatch: keeper.dispatch });
  const halting = createHalting(
    {
      ...ports,
      lastLeaseEndsAtMs: heartbeat.lastLeaseEndsAtMs,
      endRuns: (detail) => endAll({ cause: 'halted', detail }),
    },
    await store.readLatch(),
  );
  const context = { ...ports, latch: halting.latch, runs: keeper.all, probeRefusals: probes.refusals };
  /** One plan is judged and placed at a time: two runs that plan at once would both find their hosts free. */
  let planning: Promise<void> = Promise.resolve();

  function planNext(runId: string, group: number): void {
    planning = planning.then(async () => {
      const run = keeper.get(runId);
      if (run?.life.phase !== 'running') return;
      try {
        keeper.dispatch(runId, await planGroup(context, run, group));
      } catch (error) {
        keeper.dispatch(runId, { type: 'refuse', reasons: [`planning failed: ${messageOf(error)}`] });
      }
    });
  }

  function endAll(end: Parameters<typeof endOf>[0], spared: readonly RunPhase[] = ['submitted', 'ended']): void {
    for (const run of keeper.all()) {
      if (!spared.includes(run.life.phase)) keeper.dispatch(run.facts.runId, endOf(end));
    }
  }

  /** Best effort: what happened is in the runs; the audit says who asked. */
  function audit(entry: AuditEntry): void {
    store.audit(entry).catch((error: unknown) => warn('the audit was not written', error));
  }

  const views = createRunViews(ports, keeper);
  const submitting = createSubmitting(context, { keeper, views });
  const starting = createStarting({ ...ports, keeper, views, audit, planExperiment: submitting.planExperiment });

  const unsubscribe = fleet.subscribe((host, event) => {
    const faults = event.type === 'fault' ? [event.fault] : event.type === 'welcome' ? event.description.active : [];
    for (const fault of faults) keeper.dispatch(fault.runId, { type: 'fault-seen', host, fault });
    // An inject that was given up on may still arrive; nobody would renew it, but it need not last a lease either.
    if (isReconciled) letGoOrphans({ ...ports, keeper }, host, faults);
  });

  let isReconciled = false;
  await reconcile({ ...ports, keeper });
  isReconciled = true;
  heartbeat.beat();
  starting.takeUpQueue(() => hostsAreBack(ports));
  for (const { name, isConnected } of fleet.hosts()) {
    if (!isConnected) continue;
    fleet.describe(name).then(
      (description) => letGoOrphans({ ...ports, keeper }, name, description.active),
      (error: unknown) => warn(`${name} was not asked for faults that no run claims`, error),
    );
  }

  return {
    hosts: fleet.hosts,
    latch: halting.latch,
    unresolvedOn: (host) =>
      keeper.all().flatMap((run) => {
        const isOwed = run.life.phase === 'ended' && openHosts(run).includes(host);
        return isOwed ? [`run ${run.facts.runId} (${run.facts.experiment.name}) has no receipt`] : [];
      }),
    listProcesses: fleet.listProcesses,
    plan: submitting.plan,
    submit: submitting.submit,
    submitDrill: submitting.submitDrill,
    start: (runId, by, { queueForMs = 0, asker } = {}) => starting.start(runId, by, queueForMs, asker),
    async approve(runId, order) {
      const { run } = await views.of(runId);
      return approveRun(ports, run, order);
    },
    async approvals(runId) {
      if (runId !== undefined) return [await approvalsOf(ports, (await views.of(runId)).run)];
      const waiting = keeper.all().filter((run) => run.life.phase === 'submitted');
      const all = await Promise.all(waiting.map((run) => approvalsOf(ports, run)));
      return all.filter(({ needed }) => needed > 0);
    },

    async abort(runId, reason, by) {
      // A run that is kept here is let go at once: nothing is looked up first.
      if (!keeper.get(runId)) await views.of(runId);
      const detail = `by ${by}${reason && `: ${reason}`}`;
      keeper.dispatch(runId, endOf({ cause: 'aborted-by-person', detail }));
      audit({ by, action: 'abort', subject: runId, detail: reason });
      await keeper.until(runId, (run) => run.life.phase === 'ended');
      return views.of(runId);
    },

    abortWhere(matches, reason, by) {
      // What is queued would begin as soon as the others are gone.
      const phases = ['queued', 'baseline', 'running'];
      const going = keeper.all().filter(({ life }) => phases.includes(life.phase));
      const runIds = going.filter(matches).map((run) => run.facts.runId);
      for (const runId of runIds) {
        const detail = `by ${by}${reason && `: ${reason}`}`;
        keeper.dispatch(runId, endOf({ cause: 'aborted-by-webhook', detail }));
        audit({ by, action: 'abort', subject: runId, detail: reason });
      }
      return runIds;
    },

    openRuns: keeper.all,
    runs: views.newest,
    run: views.of,
    watch: keeper.watch,

    async halt(order) {
      audit({ by: order.by, action: 'halt', subject: 'fleet', detail: order.reason });
      const hosts = await halting.halt(order);
      audit(haltOutcome(order.by, hosts));
      if (order.isDrill) await haltDrills.record(hosts, order.by);
      return hosts;
    },
    haltDrilledAtUnixMs: haltDrills.passedAtUnixMs,
    async rearm(order) {
      // Taken before anything is waited for: the order loses to any halt that comes from now on.
      const expectedEpoch = halting.latch().epoch;
      const subject = order.hosts.join(' ') || 'fleet';
      await store.audit({ by: order.by, action: 'rearm', subject, detail: order.reason });
      const hosts = await halting.rearm({ ...order, expectedEpoch });
      audit(rearmOutcome(order.by, subject, hosts));
      return hosts;
    },
    async resolve(order) {
      await store.audit({ by: order.by, action: 'resolve', subject: order.host, detail: order.reason });
      const { personOf = (name: string) => name } = ports.permits ?? {};
      return resolveHost({ store, keeper, personOf }, order);
    },

    promote: (order) => promote(ports, order),
    rehearse: (file, by, asker) => rehearse({ ...ports, latch: halting.latch }, file, by, asker),
    contentDigest: programme.contentDigest,
    async learn(runId, { by, findings, actions }) {
      const { run } = await views.of(runId);
      if (run.life.phase !== 'ended') {
        const message = `run ${runId} is ${run.life.phase}: findings are added when it is over`;
        throw new RunRefused([{ gate: 'phase', passed: false, message }]);
      }
      await store.audit({ by, action: 'learn', subject: runId, detail: findings.join('; ').slice(0, 1000) });
      await programme.records.addLearning(runId, { atUnixMs: Math.round(clock.unixMs()), by, findings, actions });
      return views.of(runId);
    },
    lastBeatAtMs: heartbeat.lastBeatAtMs,
    async stop() {
      starting.stop();
      endAll({ cause: 'coordinator-stopped', detail: 'the coordinator is stopping' }, ['submitted', 'queued', 'ended']);
      const ending = keeper
        .all()
        .filter((run) => run.life.phase === 'ending')
        .map((run) => run.facts.runId);
      const over = Promise.all(ending.map((runId) => keeper.until(runId, (run) => run.life.phase === 'ended')));
      await within(clock, stopWithinMs, over);
      heartbeat.stop();
      halting.stop();
      unsubscribe();
      const recorded = Promise.all(keeper.all().map((run) => keeper.recorded(run.facts.runId)));
      await within(clock, stopWithinMs, recorded);
      probes.stopAll();
      keeper.stop();
    },
  };
}

function endOf(end: Extract<Parameters<ReturnType<typeof createRunKeeper>['dispatch']>[1], { type: 'end' }>['end']) {
  return { type: 'end', end } as const;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
