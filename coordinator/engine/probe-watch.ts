/**
 * Watches the probes of one run: samples them, remembers the baseline, and holds every rule against every new sample.
 * Rules fail closed: a value that is missing or too old is a breach.
 */
import { type Baseline, type BaselineValue, baselineOf, type ProbeSummary } from '../core/baseline.ts';
import { type MadeUpValues, valuesThatBreach } from '../core/drill.ts';
import type { AbortRule, Experiment, Probe, Rule } from '../core/experiment.ts';
import { addSample, type ProbeReading, type ProbeSample, readWindow } from '../core/probe-window.ts';
import { advanceRule, type RuleWatch, ruleDueMs, unwatched } from '../core/rule-watch.ts';
import type { DetectorWatch } from './detector-watch.ts';
import type { CompiledRule, EnginePorts, RuleReference } from './ports.ts';
import { createReadings, type WatchPhase } from './probe-readings.ts';

export interface ProbeWatchContext extends Pick<EnginePorts, 'clock' | 'experiments' | 'sample'> {
  readonly experiment: Experiment;
  phase(): WatchPhase;
  /** Of a drill: whether what the rules are to end is in force, so that they are shown a breach. */
  drillIsOn?(): boolean;
  baseline(): Baseline;
  /** Every probe has been asked once. */
  onWarm(): void;
  /** A breach began, or was clear again. */
  onNote(text: string): void;
  /** A rule was breached for as long as it says. */
  onBreach(detail: string): void;
  /** A rule of the steady state does not hold, or whether it does cannot be told. */
  onUnsteady(rule: UnsteadyRule): void;
  /** What a probe shows after each answer, for whoever draws it. */
  onReading?(probe: string, values: ProbeReading['values']): void;
  readonly detectors?: DetectorWatch;
}

export interface UnsteadyRule {
  readonly kind: 'deviated' | 'not-known';
  /** Which rule, and with what values. */
  readonly detail: string;
}

export interface ProbeWatch {
  measureBaseline(): Baseline;
  /** Why nothing should be injected now: the steady state does not hold, or an abort rule would fire. */
  refusals(): readonly string[];
  /** How the steady state is violated now, or cannot be told. */
  unsteady(): readonly UnsteadyRule[];
  summaries(): readonly ProbeSummary[];
  stop(): void;
}

interface Watched<Written extends Rule> {
  readonly rule: Written;
  readonly compiled: CompiledRule;
  watch: RuleWatch;
}

/** Requests of one probe at a time. Each ends within the probe's timeout. */
const underWayMax = 32;

/** How often silence is looked for where no sample comes. */
const lookEveryMs = 500;

/** Beside one timer for each probe; no probe has such a name. */
const silenceTimer = ' silence';
const dueTimer = ' due';

export function startProbeWatch(context: ProbeWatchContext): ProbeWatch {
  const { clock, experiment, experiments } = context;
  const scope = { probes: experiment.probes, hasBaseline: experiment.baselineMs > 0 };
  const watched = <Written extends Rule>(rule: Written): Watched<Written> => ({
    rule,
    compiled: experiments.compileRule(rule.text, scope),
    watch: unwatched,
  });
  const steady = experiment.steadyState.map(watched);
  const abort = experiment.abort.map(watched);
  const samples = new Map<string, readonly ProbeSample[]>();
  const readings = createReadings();
  const cancels = new Map<string, () => void>();
  const underWay = new Map<string, number>();
  let madeUp: MadeUpValues | undefined;
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
    void context.sample(probe, samples.get(probe.name)?.at(-1)).then((sample) => {
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
    context.detectors?.take(probe.name, context.phase(), reading?.values ?? {});
  }

  function look(): void {
    if (isStopped) return;
    cancels.set(silenceTimer, clock.after(lookEveryMs, look));
    judgeRules();
    context.detectors?.look(context.phase());
  }

  function judgeRules(): void {
    const phase = context.phase();
    if (isStopped || samples.size < experiment.probes.length || (phase !== 'during' && phase !== 'after')) return;
    if (!madeUp && context.drillIsOn?.()) makeUp();
    const nowMs = clock.bootMs();
    for (const each of abort) {
      const isWatched = phase === 'during' || each.rule.afterwards === true;
      const { watch, note, abort: why } = advanceRule(each.watch, each.rule, { ...breachOf(each), isWatched }, nowMs);
      each.watch = watch;
      if (note !== undefined) context.onNote(note);
      if (why !== undefined) context.onBreach(why);
    }
    if (phase === 'during') for (const rule of unsteady()) context.onUnsteady(rule);
    lookWhenDue(nowMs);
  }

  /** From now on the rule of a drill is shown values that breach it. */
  function makeUp(): void {
    const [drilled] = abort;
    const baseline = (reference: RuleReference): number | undefined =>
      observe({ ...reference, isBaseline: true })?.value;
    madeUp = (drilled && valuesThatBreach(drilled.compiled.evaluate, baseline)) ?? new Map();
    const shown = [...madeUp].map(([key, value]) => `${key}=${value}`).join(', ');
    context.onNote(shown ? `drill: shown ${shown}` : 'drill: none of the values that were tried breaches the rule');
  }

  /** The instant at which a breach has lasted long enough is not left to the next sample. */
  function lookWhenDue(nowMs: number): void {
    cancels.get(dueTimer)?.();
    cancels.delete(dueTimer);
    const due = abort.flatMap(({ watch, rule }) => ruleDueMs(watch, rule) ?? []).filter((dueMs) => dueMs > nowMs);
    if (due.length > 0) cancels.set(dueTimer, clock.after(Math.min(...due) - nowMs, judgeRules));
  }

  function breachOf({ compiled, rule }: Watched<AbortRule>): { isBreached: boolean; trace: string } {
    const { kind, trace } = compiled.evaluate(observe);
    return { isBreached: kind !== 'false', trace: `${trace} (line ${rule.line})` };
  }

  function unsteady(): readonly UnsteadyRule[] {
    return steady.flatMap(({ compiled, rule }): UnsteadyRule[] => {
      const { kind, trace } = compiled.evaluate(observe);
      if (kind === 'true') return [];
      const how = kind === 'false' ? 'does not hold' : 'cannot be judged';
      const detail = `"${rule.text}" ${how}: ${trace} (line ${rule.line})`;
      return [{ kind: kind === 'false' ? 'deviated' : 'not-known', detail }];
    });
  }

  function observe(reference: RuleReference): { value: number; ageMs: number } | undefined {
    const probe = experiment.probes.find((each) => each.name === reference.probe);
    if (reference.isBaseline) {
      const median = context.baseline()[reference.probe]?.[reference.field]?.median;
      return median === undefined ? undefined : { value: Math.max(median, floorOf(probe, reference)), ageMs: 0 };
    }
    const shown = madeUp?.get(`${reference.probe}.${reference.field}`);
    if (shown !== undefined) return { value: shown, ageMs: 0 };
    const reading = probe && readingOf(probe);
    const value = reading?.values[reference.field];
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
        const values = readings.fieldsOf(name).flatMap((field): [string, BaselineValue][] => {
          const value = baselineOf(readings.of(name, field, 'before'));
          return value ? [[field, value]] : [];
        });
        return [name, Object.fromEntries(values)] as const;
      });
      return Object.fromEntries(entries);
    },
    refusals: () => [
      ...unsteady().map(({ detail }) => `steady-state: ${detail}`),
      ...abort.flatMap((each) => {
        const { isBreached, trace } = breachOf(each);
        return isBreached ? [`abort: would fire at once: ${trace}`] : [];
      }),
      ...(context.detectors?.refusals() ?? []),
    ],
    unsteady,
    summaries: () => readings.summaries(context.baseline()),
    stop() {
      isStopped = true;
      for (const cancel of cancels.values()) cancel();
    },
  };
}

/** A baseline of no errors would make the first one twice as many. */
function floorOf(probe: Probe | undefined, { field }: RuleReference): number {
  const hasFloor = probe?.source.kind === 'prometheus' && field === 'value';
  return (hasFloor ? probe.source.floor : undefined) ?? Number.NEGATIVE_INFINITY;
}
