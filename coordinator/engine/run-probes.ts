/** The probe watches of all runs: what a run's effects ask of its probes, and what the probes then tell the run. */
import type { RunState } from '../core/run.ts';
import { startBurnWatch } from './burn-watch.ts';
import { type DetectorWatch, startDetectorWatch } from './detector-watch.ts';
import type { EnginePorts } from './ports.ts';
import type { WatchPhase } from './probe-readings.ts';
import { type ProbeWatch, startProbeWatch } from './probe-watch.ts';
import type { RunKeeper } from './run-keeper.ts';
import { createSeriesRecorder, type SeriesRecorder } from './series-recorder.ts';

export interface RunProbes {
  watch(runId: string): void;
  /** Tells the run what was measured, and stops. */
  stop(runId: string): void;
  stopAll(): void;
  measureBaseline(runId: string): void;
  judge(runId: string): void;
  /** Why the probes say that nothing should be injected now. */
  refusals(run: RunState): readonly string[];
}

export function createRunProbes(ports: EnginePorts, keeper: RunKeeper): RunProbes {
  const watches = new Map<string, ProbeWatch>();
  const recorders = new Map<string, SeriesRecorder>();
  const detectors = new Map<string, DetectorWatch>();

  return {
    watch(runId) {
      const run = keeper.get(runId);
      if (!run || watches.has(runId)) return;
      const recorder = createSeriesRecorder();
      recorders.set(runId, recorder);
      const ownDetectors = startDetectorWatch({
        clock: ports.clock,
        experiment: run.facts.experiment,
        known: run.detectors ?? [],
        onAlarm: (index, record) => keeper.dispatch(runId, { type: 'detected', index, record }),
      });
      detectors.set(runId, ownDetectors);
      const watch = startProbeWatch({
        ...ports,
        experiment: run.facts.experiment,
        phase: () => phaseOf(keeper.get(runId)),
        ...(run.facts.drill ? { drillIsOn: () => isHolding(keeper.get(runId)) } : {}),
        baseline: () => keeper.get(runId)?.baseline ?? {},
        onWarm: () => keeper.dispatch(runId, { type: 'probes-warm' }),
        onNote: (text) => keeper.dispatch(runId, { type: 'noted', kind: 'probe', text }),
        onBreach: (trace) => {
          const detail = `at ${new Date(ports.clock.unixMs()).toISOString().slice(11, 19)} ${trace}`;
          keeper.dispatch(runId, { type: 'end', end: { cause: 'abort-rule', detail } });
        },
        onUnsteady: ({ kind, detail }) => keeper.dispatch(runId, { type: kind, detail }),
        detectors: ownDetectors,
        onReading: (probe, values) => recorder.add(probe, Math.round(ports.clock.unixMs()), values),
      });
      const stopBurn = startBurnWatch({
        ...ports,
        experiment: run.facts.experiment,
        isInjecting: () => phaseOf(keeper.get(runId)) === 'during' && !run.facts.drill,
        onBurn: (detail) => keeper.dispatch(runId, { type: 'end', end: { cause: 'abort-rule', detail } }),
      });
      watches.set(runId, {
        ...watch,
        stop() {
          stopBurn();
          watch.stop();
        },
      });
    },
    stop(runId) {
      const watch = watches.get(runId);
      if (!watch) return;
      watches.delete(runId);
      watch.stop();
      const series = recorders.get(runId)?.series() ?? [];
      recorders.delete(runId);
      const records = detectors.get(runId)?.records() ?? [];
      detectors.delete(runId);
      keeper.dispatch(runId, {
        type: 'measured',
        probes: watch.summaries(),
        series,
        ...(records.length > 0 ? { detectors: records } : {}),
      });
    },
    stopAll() {
      for (const watch of watches.values()) watch.stop();
      watches.clear();
      recorders.clear();
      detectors.clear();
    },
    measureBaseline(runId) {
      const watch = watches.get(runId);
      if (!watch) return;
      const baseline = watch.measureBaseline();
      const records = detectors.get(runId)?.start() ?? [];
      keeper.dispatch(runId, {
        type: 'baseline-measured',
        baseline,
        ...(records.length > 0 ? { detectors: records } : {}),
      });
    },
    judge(runId) {
      const watch = watches.get(runId);
      for (const { kind, detail } of watch?.unsteady() ?? []) keeper.dispatch(runId, { type: kind, detail });
      keeper.dispatch(runId, { type: 'judged' });
    },
    refusals: (run) => watches.get(run.facts.runId)?.refusals() ?? [],
  };
}

/** Everything that was ordered is in force. */
function isHolding(run: RunState | undefined): boolean {
  const placements = run?.placements ?? [];
  return placements.length > 0 && placements.every((placement) => placement.life.phase === 'active');
}

function phaseOf(run: RunState | undefined): WatchPhase {
  const life = run?.life;
  switch (life?.phase) {
    case 'submitted':
    case 'queued':
    case 'baseline':
      return 'before';
    case 'running': {
      const { name } = life.activity;
      if (name === 'recovering' || name === 'judging') return 'after';
      // Between the baseline and the first inject nothing of ours is in force.
      return name === 'planning' && run?.placements.length === 0 ? 'before' : 'during';
    }
    case 'ending':
      return 'after';
    default:
      return 'over';
  }
}
