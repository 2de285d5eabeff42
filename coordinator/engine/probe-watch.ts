/**
 * Watches the probes of one run: samples them, remembers the baseline, and holds every rule against every new sample.
 * Rules fail closed: a value that is missing or too old is a breach.
 */
import { formatDurationMs } from '../../proto/quantity.ts';
import { type Baseline, type BaselineValue, baselineOf, type ProbeSummary } from '../core/baseline.ts';
import { advanceBreach, type Breach, hasLasted } from '../core/breach.ts';
import type { AbortRule, Experiment, Probe, Rule } from '../core/experiment.ts';
import { addSample, type ProbeReading, type ProbeSample, probeValueNames, readWindow } from '../core/probe-window.ts';
import type { CompiledRule, EnginePorts, RuleReference } from './ports.ts';
import { createReadings } from './probe-readings.ts';

/** Which rules count: none yet, all, or those that say `afterwards`. */
export type WatchPhase = 'before' | 'during' | 'after' | 'over';

export interface ProbeWatchContext extends Pick<EnginePorts, 'clock' | 'experiments' | 'sample'> {
  readonly experiment: Experiment;
  phase(): WatchPhase;
  baseline(): Baseline;
  /** Every probe has been asked once. */
  onWarm(): void;
  /** A rule was breached for as long as it says. */
  onBreach(detail: string): void;
  onDeviation(detail: string): void;
  /** What a probe shows after each answer, for whoever draws it. */
  onReading?(probe: string, values: ProbeReading['values']): void;
}

export interface ProbeWatch {
  measureBaseline(): Baseline;
  /** Why nothing should be injected now: the steady state does not hold, or an abort rule would fire. */
  refusals(): readonly string[];
  /** How the steady state is violated now. */
  deviations(): readonly string[];
  summaries(): readonly ProbeSummary[];
  stop(): void;
}

interface Watched<Written extends Rule> {
  readonly rule: Written;
  readonly compiled: CompiledRule;
  breach: Breach;
}

/** Requests of one probe at a time. Each ends within the probe's timeout. */
const underWayMax = 32;

/** How often silence is looked for where no sample comes. */
const lookEveryMs = 500;

export function startProbeWatch(context: ProbeWatchContext): ProbeWatch {
  const { clock, experiment, experiments } = context;
  const scope = { probes: experiment.probes, hasBaseline: experiment.baselineMs > 0 };
  const watched = <Written extends Rule>(rule: Written): Watched<Written> => ({
    rule,
    compiled: experiments.compileRule(rule.text, scope),
    breach: undefined,
  });
  const steady = experiment.steadyState.map(watched);
  const abort = experiment.abort.map(watched);
  const samples = new Map<string, readonly ProbeSample[]>();
  const readings = createReadings();
  const cancels = new Map<string, () => void>();
  const underWay = new Map<string, number>();
  let isStopped = false;

  /** At a fixed rate, whatever is still under way: one request that hangs must not blind the probe to the others. */
  function ask(probe: Probe): void {
    cancels.set(
      probe.name,
      clock.after(probe.everyMs, () => ask(probe)),
    );
    const count = underWay.get(probe.name) ?? 0;
    if (count >= underWayMax) return;
    underWay.set(probe.name, count + 1);
    void context.sample(probe).then((sample) => {
      underWay.set(probe.name, (underWay.get(probe.name) ?? 1) - 1);
      if (!isStopped) take(probe, sample);
    });
  }

  function take(probe: Probe, sample: ProbeSample): void {
    const wasWarm = samples.size === experiment.probes.length;
    samples.set(probe.name, addSample(samples.get(probe.name) ?? [], sample, probe.source.windowMs));
    const phase = context.phase();
    const reading = readingOf(probe);
    if (reading && phase !== 'over') {
      readings.add(probe.name, phase, reading.values);
      context.onReading?.(probe.name, reading.values);
    }
    if (!wasWarm && samples.size === experiment.probes.length) context.onWarm();
    judgeRules();
  }

  function look(): void {
    if (isStopped) return;
    cancels.set('', clock.after(lookEveryMs, look));
    judgeRules();
  }

  function judgeRules(): void {
    const phase = context.phase();
    if (samples.size < experiment.probes.length || (phase !== 'during' && phase !== 'after')) return;
    const nowMs = clock.bootMs();
    for (const each of abort) {
      const isWatched = phase === 'during' || each.rule.afterwards === true;
      const { isBreached, trace } = breachOf(each);
      each.breach = advanceBreach(each.breach, isWatched && isBreached, nowMs);
      if (hasLasted(each.breach, each.rule.forMs, nowMs)) context.onBreach(`${trace}${lasting(each.rule)}`);
    }
    const [deviation] = phase === 'during' ? deviations() : [];
    if (deviation !== undefined) context.onDeviation(deviation);
  }

  function breachOf({ compiled, rule }: Watched<AbortRule>): { isBreached: boolean; trace: string } {
    const { kind, trace } = compiled.evaluate(observe);
    return { isBreached: kind !== 'false', trace: `${trace} (line ${rule.line})` };
  }

  function deviations(): readonly string[] {
    return steady.flatMap(({ compiled, rule }) => {
      const { kind, trace } = compiled.evaluate(observe);
      return kind === 'true' ? [] : [`"${rule.text}" does not hold: ${trace} (line ${rule.line})`];
    });
  }

  function observe(reference: RuleReference): { value: number; ageMs: number } | undefined {
    if (reference.isBaseline) {
      const value = context.baseline()[reference.probe]?.[reference.field]?.median;
      return value === undefined ? undefined : { value, ageMs: 0 };
    }
    const probe = experiment.probes.find((each) => each.name === reference.probe);
    const reading = probe && readingOf(probe);
    const name = probeValueNames.find((each) => each === reference.field);
    const value = name && reading?.values[name];
    return value === undefined || !reading ? undefined : { value, ageMs: reading.ageMs };
  }

  function readingOf(probe: Probe): ProbeReading | undefined {
    return readWindow(samples.get(probe.name) ?? [], probe.source.windowMs, clock.bootMs());
  }

  for (const probe of experiment.probes) ask(probe);
  look();
  return {
    measureBaseline() {
      const entries = experiment.probes.map(({ name }) => {
        const values = probeValueNames.flatMap((field): [string, BaselineValue][] => {
          const value = baselineOf(readings.of(name, field, 'before'));
          return value ? [[field, value]] : [];
        });
        return [name, Object.fromEntries(values)] as const;
      });
      return Object.fromEntries(entries);
    },
    refusals: () => [
      ...deviations().map((deviation) => `steady-state: ${deviation}`),
      ...abort.flatMap((each) => {
        const { isBreached, trace } = breachOf(each);
        return isBreached ? [`abort: would fire at once: ${trace}`] : [];
      }),
    ],
    deviations,
    summaries: () => readings.summaries(context.baseline()),
    stop() {
      isStopped = true;
      for (const cancel of cancels.values()) cancel();
    },
  };
}

function lasting({ forMs }: AbortRule): string {
  return forMs > 0 ? ` for ${formatDurationMs(forMs)}` : '';
}
