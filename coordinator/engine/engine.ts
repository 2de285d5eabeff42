/** The coordinator's engine: plans, runs, halts. Everything that the API can ask for, behind one interface. */
import type { leash } from '../../proto/codec.ts';
import type { Selector } from '../../proto/selector.ts';
import { drillExperiment } from '../core/drill.ts';
import type { Experiment } from '../core/experiment.ts';
import type { GateVerdict } from '../core/gate-verdict.ts';
import type { Learning } from '../core/learning.ts';
import { changedTargets } from '../core/plan.ts';
import { openHosts, type RunFacts, type RunState, submittedRun } from '../core/run.ts';
import { evaluateGates, type GateInput } from '../gates/gate.ts';
import { RunRefused, UnknownRun } from './errors.ts';
import type { FleetHost } from './fleet-port.ts';
import { gateInput } from './gate-input.ts';
import { planGroup, storedPlan } from './group-planning.ts';
import { createHalting, type HostHalt, type HostRearm } from './halting.ts';
import { startHeartbeat } from './heartbeat.ts';
import { inject, letGo } from './host-orders.ts';
import { type FleetPlan, faultStepsOf, planSteps } from './planner.ts';
import type { CoordinatorLatch, EnginePorts, RunEvent } from './ports.ts';
import { withoutProgramme } from './programme-port.ts';
import { type PromotionAnswer, type PromotionOrder, promote } from './promoting.ts';
import { letGoOrphans, reconcile } from './reconcile.ts';
import { type RehearsalAnswer, rehearse } from './rehearsing.ts';
import { type ResolveAnswer, resolveHost } from './resolving.ts';
import { rollBackRun } from './rolling-back.ts';
import { createRunKeeper } from './run-keeper.ts';
import { createRunProbes } from './run-probes.ts';
import { takeClaims } from './taking-claims.ts';

export interface PlannedExperiment {
  readonly experiment: Experiment;
  readonly scopeDigest: string;
  readonly plan: FleetPlan;
  readonly gates: readonly GateVerdict[];
  /** What the gates looked at. */
  readonly input: GateInput;
}

export interface RunView {
  readonly run: RunState;
  readonly events: readonly RunEvent[];
  readonly learnings: readonly Learning[];
  /** Where its traces are, where the programme says so. */
  readonly traceLinks: readonly string[];
}

export interface ExperimentText {
  /** For messages only. */
  readonly name: string;
  readonly text: string;
}

/** `by` is the name of whoever asks, as the audit has it. */
export interface Engine {
  hosts(): readonly FleetHost[];
  latch(): CoordinatorLatch;
  /** The faults of a host that are not confirmed restored, in words. */
  unresolvedOn(host: string): readonly string[];
  listProcesses(
    host: string,
    selector: Selector,
    receive: (processes: readonly leash.v1.IProcessMatch[]) => void,
  ): Promise<void>;
  /** Dry run: touches nothing. @throws whatever the reader says of the file. */
  plan(file: ExperimentText): Promise<PlannedExperiment>;
  /** @throws RunRefused when the targets are not those of the digest. */
  submit(file: ExperimentText, by: string, pinnedDigest?: string): Promise<RunView>;
  /** A run that drills one abort rule, counted from 0. @throws RunRefused when there is no such rule. */
  submitDrill(file: ExperimentText, rule: number, by: string): Promise<RunView>;
  /** Asks every gate again. @throws RunRefused with every reason; the run has then ended. @throws UnknownRun */
  start(runId: string, by: string): Promise<RunView>;
  /** Resolves when every host has confirmed, or patience is over. Idempotent. @throws UnknownRun */
  abort(runId: string, reason: string, by: string): Promise<RunView>;
  /** Begins to end every run that is going on and matches. @returns their ids, at once: nothing is waited for. */
  abortWhere(matches: (run: RunState) => boolean, reason: string, by: string): readonly string[];
  /** Newest first. */
  runs(runsMax: number): Promise<readonly RunState[]>;
  /** @throws UnknownRun */
  run(runId: string): Promise<RunView>;
  watch(listener: (event: RunEvent, run: RunState) => void): () => void;
  halt(order: {
    readonly requestId: string;
    readonly reason: string;
    readonly by: string;
  }): Promise<readonly HostHalt[]>;
  rearm(order: {
    readonly hosts: readonly string[];
    readonly reason: string;
    readonly by: string;
  }): Promise<readonly HostRearm[]>;
  resolve(order: { readonly host: string; readonly reason: string; readonly by: string }): Promise<ResolveAnswer>;
  /** @throws whatever the reader says of the file. */
  promote(order: PromotionOrder): Promise<PromotionAnswer>;
  /** Runs the rollback alone, on the hosts that the experiment would touch. @throws RunRefused */
  rehearse(file: ExperimentText, by: string): Promise<RehearsalAnswer>;
  /** Of an experiment without its parameters; empty where no programme is kept. */
  contentDigest(experiment: Experiment): string;
  /** @throws UnknownRun @throws RunRefused for a run that is not over. */
  learn(runId: string, learning: Omit<Learning, 'atUnixMs'>): Promise<RunView>;
  /** Ends every run and waits a while for the receipts. */
  stop(): Promise<void>;
}

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
      case 'roll-back':
        return void rollBackRun(orders, runId, effect.hosts);
    }
  });
  const probes = createRunProbes(ports, keeper);
  const orders = {
    fleet,
    run: keeper.get,
    dispatch: keeper.dispatch,
    isHalted: () => halting.latch().isHalted,
  };
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

  function endAll(end: Parameters<typeof endOf>[0]): void {
    for (const run of keeper.all()) {
      const { phase } = run.life;
      if (phase !== 'submitted' && phase !== 'ended') keeper.dispatch(run.facts.runId, endOf(end));
    }
  }

  async function planFile(file: ExperimentText): Promise<PlannedExperiment> {
    const experiment = ports.experiments.load(file.name, file.text);
    return planExperiment(experiment);
  }

  async function planExperiment(experiment: Experiment, runId?: string): Promise<PlannedExperiment> {
    const plan = await planSteps(ports, experiment, faultStepsOf(experiment));
    const input = await gateInput(context, experiment, plan, runId);
    const gates = await evaluateGates(ports.gates, input);
    const hosts = [...new Set(plan.plans.map((each) => each.host))];
    return { experiment, scopeDigest: ports.experiments.scopeDigest(experiment, hosts), plan, gates, input };
  }

  function factsOf(experiment: Experiment, scopeDigest: string, by: string): RunFacts {
    return {
      runId: ports.newRunId(),
      experiment,
      scopeDigest,
      submittedBy: by,
      submittedAtUnixMs: Math.round(clock.unixMs()),
      contentDigest: programme.contentDigest(experiment),
    };
  }

  /** Intent before act: a run that the audit did not take is not there. */
  async function add(run: RunState, plan: FleetPlan, by: string): Promise<RunView> {
    const { runId, experiment, scopeDigest } = run.facts;
    await store.savePlan(storedPlan(run, plan));
    await store.audit({ by, action: 'submit', subject: runId, detail: `${experiment.name} ${scopeDigest}` });
    await keeper.add(run);
    return viewOf(runId);
  }

  async function viewOf(runId: string): Promise<RunView> {
    const kept = keeper.get(runId);
    // Before anything is waited for: what was asked about may end meanwhile, and is then as it was.
    const events = kept ? [...(keeper.eventsOf(runId) ?? [])] : undefined;
    const run = kept ?? (await store.findRun(runId));
    if (!run) throw new UnknownRun(runId);
    const learnings = await programme.records.learnings(runId).catch((error: unknown) => {
      warn('findings could not be read', error);
      return [];
    });
    const link = programme.rules.traceLink?.replaceAll('{runId}', encodeURIComponent(runId));
    return {
      run,
      events: events ?? (await store.eventsOf(runId)),
      learnings,
      traceLinks: link === undefined ? [] : [link],
    };
  }

  /** Best effort: what happened is in the runs; the audit says who asked. */
  function audit(by: string, action: string, subject: string, detail: string): void {
    store.audit({ by, action, subject, detail }).catch((error: unknown) => warn('the audit was not written', error));
  }

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
    plan: async (file) => {
      const planned = await planFile(file);
      const { targetsDigest, plans, targets } = planned.plan;
      const { scopeDigest, experiment } = planned;
      await store.savePlan({ targetsDigest, scopeDigest, experiment: experiment.name, plans, targets });
      return planned;
    },

    async submit(file, by, pinnedDigest) {
      const { experiment, scopeDigest, plan, gates } = await planFile(file);
      if (pinnedDigest !== undefined) await refuseUnlessSame(pinnedDigest, scopeDigest, plan);
      const pinned = pinnedDigest === undefined ? {} : { pinnedDigest };
      const facts = { ...factsOf(experiment, scopeDigest, by), ...pinned };
      return add(submittedRun(facts, { gates, targetsDigest: plan.targetsDigest }), plan, by);
    },

    async submitDrill(file, index, by) {
      const whole = ports.experiments.load(file.name, file.text);
      const rule = whole.abort[index];
      if (!rule) {
        const message = `there is no abort rule ${index + 1}, the file has ${whole.abort.length}`;
        throw new RunRefused([{ gate: 'drill', passed: false, message }]);
      }
      const { experiment, scopeDigest, plan, gates } = await planExperiment(drillExperiment(whole, rule));
      const facts = { ...factsOf(experiment, scopeDigest, by), drill: { experiment: whole.name, rule } };
      return add(submittedRun(facts, { gates, targetsDigest: plan.targetsDigest }), plan, by);
    },

    async start(runId, by) {
      const { run } = await viewOf(runId);
      if (run.life.phase !== 'submitted') {
        const message = `run ${runId} is ${run.life.phase} already; each run starts once`;
        throw new RunRefused([{ gate: 'phase', passed: false, message }]);
      }
      // Intent before act: no room for the audit refuses new faults.
      await store.audit({ by, action: 'start', subject: runId, detail: run.facts.scopeDigest });
      const { gates: verdicts, input } = await planExperiment(run.facts.experiment, runId);
      const isFree = verdicts.every((gate) => gate.passed);
      // Several that start at once have all found their zone free: here one of them takes it, and the others do not.
      const taken = isFree ? await takeClaims(ports, input, runId) : undefined;
      const gates = taken ? [...verdicts.filter(({ gate }) => gate !== taken.gate), taken] : verdicts;
      const refused = gates.filter((gate) => !gate.passed);
      if (refused.length > 0) {
        const reasons = refused.map((verdict) => `${verdict.gate}: ${verdict.message}`);
        keeper.dispatch(runId, { type: 'refuse', reasons, gates });
        audit(by, 'refused', runId, reasons.join('; '));
        throw new RunRefused(refused);
      }
      keeper.dispatch(runId, { type: 'start', by, gates });
      // Aborted while the gates were asked: it never begins, so the record of its end gave nothing back.
      if ((keeper.get(runId)?.life.phase ?? 'ended') === 'ended') await programme.records.release(runId);
      return viewOf(runId);
    },

    async abort(runId, reason, by) {
      // A run that is kept here is let go at once: nothing is looked up first.
      if (!keeper.get(runId)) await viewOf(runId);
      const detail = `by ${by}${reason && `: ${reason}`}`;
      keeper.dispatch(runId, endOf({ cause: 'aborted-by-person', detail }));
      audit(by, 'abort', runId, reason);
      await keeper.until(runId, (run) => run.life.phase === 'ended');
      return viewOf(runId);
    },

    abortWhere(matches, reason, by) {
      const going = keeper.all().filter(({ life }) => life.phase === 'baseline' || life.phase === 'running');
      const runIds = going.filter(matches).map((run) => run.facts.runId);
      for (const runId of runIds) {
        const detail = `by ${by}${reason && `: ${reason}`}`;
        keeper.dispatch(runId, endOf({ cause: 'aborted-by-webhook', detail }));
        audit(by, 'abort', runId, reason);
      }
      return runIds;
    },

    async runs(runsMax) {
      // What is kept here is newer than the store, and there even when the store is not.
      const stored = await store.listRuns(runsMax).catch((error: unknown) => {
        warn('the store could not list runs', error);
        return [];
      });
      const byId = new Map([...stored, ...keeper.all()].map((run) => [run.facts.runId, run]));
      return [...byId.values()]
        .sort((one, other) => other.facts.submittedAtUnixMs - one.facts.submittedAtUnixMs)
        .slice(0, runsMax);
    },

    run: viewOf,
    watch: keeper.watch,

    async halt(order) {
      audit(order.by, 'halt', 'fleet', order.reason);
      return halting.halt(order);
    },
    async rearm(order) {
      // Taken before anything is waited for: the order loses to any halt that comes from now on.
      const expectedEpoch = halting.latch().epoch;
      const subject = order.hosts.join(' ') || 'fleet';
      await store.audit({ by: order.by, action: 'rearm', subject, detail: order.reason });
      return halting.rearm({ ...order, expectedEpoch });
    },
    async resolve(order) {
      await store.audit({ by: order.by, action: 'resolve', subject: order.host, detail: order.reason });
      return resolveHost({ store, keeper }, order);
    },

    promote: (order) => promote(ports, order),
    rehearse: (file, by) => rehearse({ ...ports, latch: halting.latch }, file, by),
    contentDigest: programme.contentDigest,
    async learn(runId, { by, findings, actions }) {
      const { run } = await viewOf(runId);
      if (run.life.phase !== 'ended') {
        const message = `run ${runId} is ${run.life.phase}: findings are added when it is over`;
        throw new RunRefused([{ gate: 'phase', passed: false, message }]);
      }
      await store.audit({ by, action: 'learn', subject: runId, detail: findings.join('; ').slice(0, 1000) });
      await programme.records.addLearning(runId, { atUnixMs: Math.round(clock.unixMs()), by, findings, actions });
      return viewOf(runId);
    },
    async stop() {
      endAll({ cause: 'coordinator-stopped', detail: 'the coordinator is stopping' });
      const ending = keeper
        .all()
        .filter((run) => run.life.phase === 'ending')
        .map((run) => run.facts.runId);
      let cancel = (): void => undefined;
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(stopWithinMs, resolve);
      });
      const over = Promise.all(ending.map((runId) => keeper.until(runId, (run) => run.life.phase === 'ended')));
      await Promise.race([over, late]);
      cancel();
      heartbeat.stop();
      halting.stop();
      unsubscribe();
      await Promise.all(keeper.all().map((run) => keeper.recorded(run.facts.runId)));
      probes.stopAll();
      keeper.stop();
    },
  };

  /** @throws RunRefused with a line for each process that is not what the plan showed. */
  async function refuseUnlessSame(pinnedDigest: string, scopeDigest: string, plan: FleetPlan): Promise<void> {
    const refuse = (messages: readonly string[]): never => {
      throw new RunRefused(messages.map((message) => ({ gate: 'targets', passed: false, message })));
    };
    const shown = await store.findPlan(pinnedDigest);
    if (!shown) return refuse([`no plan with the digest ${pinnedDigest} was made here`]);
    if (shown.scopeDigest !== scopeDigest) refuse(['the experiment is not the one of that plan: plan again']);
    if (plan.targetsDigest === pinnedDigest) return;
    refuse(changedTargets(shown.targets, plan.targets));
  }
}

function endOf(end: Extract<Parameters<ReturnType<typeof createRunKeeper>['dispatch']>[1], { type: 'end' }>['end']) {
  return { type: 'end', end } as const;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
