/**
 * What Prometheus may scrape of a coordinator (https://prometheus.io/docs/practices/naming/). A further metric is a line in
 * `gauges`. Read at each scrape from what the engine knows then: neither a host nor the store is asked.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import { isOpen, type RunPhase, type RunResult } from '../core/run.ts';
import type { Engine } from '../engine/engine-api.ts';

export type MeasuredEngine = Pick<
  Engine,
  'hosts' | 'latch' | 'unresolvedOn' | 'openRuns' | 'watch' | 'lastBeatAtMs' | 'haltDrilledAtUnixMs'
>;

export interface Metrics {
  readonly contentType: string;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  stop(): void;
}

export interface MetricKind {
  readonly name: string;
  readonly help: string;
  /** The one label that tells its values apart. */
  readonly label?: string;
}

interface GaugeKind extends MetricKind {
  /** By the value of its label, or by nothing. */
  read(engine: MeasuredEngine, bootMs: number): readonly (readonly [label: string, value: number])[];
}

const goingPhases: readonly Exclude<RunPhase, 'ended'>[] = ['submitted', 'queued', 'baseline', 'running', 'ending'];
const results: readonly RunResult[] = ['held', 'deviated', 'unknown', 'refused', 'aborted', 'unresolved', 'not-judged'];

export const gauges: readonly GaugeKind[] = [
  {
    name: 'leash_host_connected',
    help: '1 for a host of the inventory that answers, 0 for one that does not.',
    label: 'host',
    read: (engine) => engine.hosts().map(({ name, isConnected }) => [name, Number(isConnected)]),
  },
  {
    name: 'leash_host_halted',
    help: '1 for a host that is latched, by its last word.',
    label: 'host',
    read: (engine) =>
      engine
        .hosts()
        .flatMap(({ name, description }) => (description ? [[name, Number(description.isHalted)] as const] : [])),
  },
  {
    name: 'leash_host_faults_active',
    help: 'Injects that a host holds, or has not answered or confirmed the end of.',
    label: 'host',
    read(engine) {
      const open = engine.openRuns().flatMap(({ placements }) => placements.filter(isOpen));
      return engine.hosts().map(({ name }) => [name, open.filter(({ host }) => host === name).length]);
    },
  },
  {
    name: 'leash_host_runs_unresolved',
    help: 'Runs that are over, and of which a host has not confirmed that all is restored. More than 0 wants a person.',
    label: 'host',
    read: (engine) => engine.hosts().map(({ name }) => [name, engine.unresolvedOn(name).length]),
  },
  {
    name: 'leash_halted',
    help: '1 while the kill switch is on: nothing is injected anywhere.',
    read: (engine) => [['', Number(engine.latch().isHalted)]],
  },
  {
    name: 'leash_halt_epoch',
    help: 'Grows with each halt.',
    read: (engine) => [['', engine.latch().epoch]],
  },
  {
    name: 'leash_halt_drilled_timestamp_seconds',
    help: 'When every host last confirmed a rehearsal of the kill switch, in Unix time. Absent when none ever did.',
    read(engine) {
      const atUnixMs = engine.haltDrilledAtUnixMs();
      return atUnixMs === undefined ? [] : [['', atUnixMs / 1000]];
    },
  },
  {
    name: 'leash_engine_beat_age_seconds',
    help: 'How long ago the leases of all runs were looked at; an engine that turns does so every 3 seconds.',
    read: (engine, bootMs) => [['', Math.max(0, bootMs - engine.lastBeatAtMs()) / 1000]],
  },
  {
    name: 'leash_runs',
    help: 'Runs that have not ended.',
    label: 'phase',
    read(engine) {
      const phases = engine.openRuns().map(({ life }) => life.phase);
      return goingPhases.map((phase) => [phase, phases.filter((each) => each === phase).length]);
    },
  },
];

export const runsEnded: MetricKind = {
  name: 'leash_runs_ended_total',
  help: 'Runs that have ended since the coordinator was started, by the result that they had then.',
  label: 'result',
};

const labelNames = ({ label }: MetricKind): string[] => (label === undefined ? [] : [label]);

/** @param bootMs the time that the engine goes by. */
export function createMetrics(engine: MeasuredEngine, bootMs: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const all = gauges.map((kind) => {
    const { name, help, label, read } = kind;
    const gauge = new Gauge({ name, help, labelNames: labelNames(kind), registers });
    return (): void => {
      // A host that has left the inventory leaves here too. What has no label starts at 0, also where nothing is known.
      gauge.reset();
      if (label === undefined) gauge.remove({});
      for (const [of, value] of read(engine, bootMs())) gauge.set(label === undefined ? {} : { [label]: of }, value);
    };
  });

  const { name, help } = runsEnded;
  const ended = new Counter({ name, help, labelNames: labelNames(runsEnded), registers });
  for (const result of results) ended.inc({ result }, 0);
  /** Their end is told a second time, when every host has confirmed; so is that of those from before this start. */
  const unresolved = new Set(
    engine.openRuns().flatMap(({ life, facts }) => (life.phase === 'ended' ? [facts.runId] : [])),
  );
  const stop = engine.watch(({ kind, runId }, { life }) => {
    if (kind !== 'end' || life.phase !== 'ended' || unresolved.delete(runId)) return;
    ended.inc({ result: life.result });
    if (life.result === 'unresolved') unresolved.add(runId);
  });

  return {
    contentType: registry.contentType,
    text() {
      for (const readAnew of all) readAnew();
      return registry.metrics();
    },
    stop,
  };
}
