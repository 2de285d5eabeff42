/**
 * What Prometheus may scrape of a coordinator (https://prometheus.io/docs/practices/naming/). A further metric is a line in
 * `gauges`. Read at each scrape from what the engine knows then: no host is asked.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import { within } from '../../shared/within.ts';
import { isOpen, type RunPhase, type RunResult, type RunState } from '../core/run.ts';
import type { Engine } from '../engine/engine-api.ts';
import type { FleetHost } from '../engine/fleet-port.ts';

export type MeasuredEngine = Pick<
  Engine,
  'hosts' | 'latch' | 'unresolvedOn' | 'runs' | 'watch' | 'lastBeatAtMs' | 'haltDrilledAtUnixMs'
>;

export interface Metrics {
  readonly contentType: string;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  stop(): void;
}

interface Snapshot {
  readonly engine: MeasuredEngine;
  readonly hosts: readonly FleetHost[];
  /** Undefined where the store did not say in time. */
  readonly runs: readonly RunState[] | undefined;
  readonly bootMs: number;
}

export interface MetricKind {
  readonly name: string;
  readonly help: string;
  /** The one label that tells its values apart. */
  readonly label?: string;
}

interface GaugeKind extends MetricKind {
  /** By the value of its label, or by nothing. */
  read(snapshot: Snapshot): readonly (readonly [label: string, value: number])[];
}

const goingPhases: readonly Exclude<RunPhase, 'ended'>[] = ['submitted', 'queued', 'baseline', 'running', 'ending'];
const results: readonly RunResult[] = ['held', 'deviated', 'unknown', 'refused', 'aborted', 'unresolved', 'not-judged'];
const runsMax = 200;
const storeAnswersWithinMs = 1000;

export const gauges: readonly GaugeKind[] = [
  {
    name: 'leash_host_connected',
    help: '1 for a host of the inventory that answers, 0 for one that does not.',
    label: 'host',
    read: ({ hosts }) => hosts.map(({ name, isConnected }) => [name, Number(isConnected)]),
  },
  {
    name: 'leash_host_halted',
    help: '1 for a host that is latched, by its last word.',
    label: 'host',
    read: ({ hosts }) =>
      hosts.flatMap(({ name, description }) => (description ? [[name, Number(description.isHalted)] as const] : [])),
  },
  {
    name: 'leash_host_faults_active',
    help: 'Injects that a host holds or has not answered for, of the newest runs. Absent while the store does not answer.',
    label: 'host',
    read: ({ hosts, runs }) => {
      if (runs === undefined) return [];
      const open = runs.flatMap(({ placements }) => placements.filter(isOpen));
      return hosts.map(({ name }) => [name, open.filter(({ host }) => host === name).length]);
    },
  },
  {
    name: 'leash_host_runs_unresolved',
    help: 'Runs that are over, and of which a host has not confirmed that all is restored. More than 0 wants a person.',
    label: 'host',
    read: ({ hosts, engine }) => hosts.map(({ name }) => [name, engine.unresolvedOn(name).length]),
  },
  {
    name: 'leash_halted',
    help: '1 while the kill switch is on: nothing is injected anywhere.',
    read: ({ engine }) => [['', Number(engine.latch().isHalted)]],
  },
  {
    name: 'leash_halt_epoch',
    help: 'Grows with each halt.',
    read: ({ engine }) => [['', engine.latch().epoch]],
  },
  {
    name: 'leash_halt_drilled_timestamp_seconds',
    help: 'When every host last confirmed a rehearsal of the kill switch, in Unix time. Absent when none ever did.',
    read({ engine }) {
      const atUnixMs = engine.haltDrilledAtUnixMs();
      return atUnixMs === undefined ? [] : [['', atUnixMs / 1000]];
    },
  },
  {
    name: 'leash_engine_beat_age_seconds',
    help: 'How long ago the leases of all runs were looked at; an engine that turns does so every 3 seconds.',
    read: ({ engine, bootMs }) => [['', Math.max(0, bootMs - engine.lastBeatAtMs()) / 1000]],
  },
  {
    name: 'leash_runs',
    help: `Runs that have not ended, of the newest ${runsMax}. Absent while the store does not answer.`,
    label: 'phase',
    read: ({ runs }) =>
      runs === undefined
        ? []
        : goingPhases.map((phase) => [phase, runs.filter(({ life }) => life.phase === phase).length]),
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
    return (snapshot: Snapshot): void => {
      // A host that has left the inventory leaves here too. What has no label starts at 0, also where nothing is known.
      gauge.reset();
      if (label === undefined) gauge.remove({});
      if (label !== undefined) for (const [of, value] of read(snapshot)) gauge.set({ [label]: of }, value);
      else for (const [, value] of read(snapshot)) gauge.set(value);
    };
  });

  const { name, help } = runsEnded;
  const ended = new Counter({ name, help, labelNames: labelNames(runsEnded), registers });
  for (const result of results) ended.inc({ result }, 0);
  /** Their end is told a second time, when every host has confirmed. */
  const unresolved = new Set<string>();
  const stop = engine.watch(({ kind, runId }, { life }) => {
    if (kind !== 'end' || life.phase !== 'ended' || unresolved.delete(runId)) return;
    ended.inc({ result: life.result });
    if (life.result === 'unresolved') unresolved.add(runId);
  });

  return {
    contentType: registry.contentType,
    async text() {
      const runs = await within(engine.runs(runsMax), storeAnswersWithinMs).catch(() => undefined);
      const snapshot = { engine, hosts: engine.hosts(), runs, bootMs: bootMs() };
      for (const read of all) read(snapshot);
      return registry.metrics();
    },
    stop,
  };
}
