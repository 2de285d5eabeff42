/**
 * The contract of a probe: one file of this folder implements it, and one line of `kinds.ts` lists it. It says how the
 * probe is written in an experiment file, which values it has, and how it is asked. Asking never rejects, ends within
 * the probe's own timeout, and leaves out each value that could not be read: whoever needs one treats that as a breach.
 */
import type { z } from 'zod';
import type { leash } from '../../proto/codec.ts';
import type { HostSelector, Probe, ProbeSource } from '../core/experiment.ts';
import type { ProbeSample } from '../core/probe-window.ts';

export interface ProbeKind<Source extends ProbeSource = ProbeSource, Schema extends z.ZodType = z.ZodType> {
  /** What stands under the probe's kind in the file. */
  readonly written: Schema;
  /** Its values, as rules name them. */
  readonly fields: ProbeFields;
  /** The value that the probe's bare name means in a rule. */
  readonly mainField?: string;
  compile(written: z.output<Schema>, place: ProbePlace): Source;
  sample(source: Source, asked: Asked): Promise<ProbeSample>;
}

export type ProbeFields = Readonly<Record<string, 'bool' | 'double'>>;

/** What a probe's file may need to know of what stands around it. */
export interface ProbePlace {
  readonly everyMs: number;
  /** Of the experiment, for probes that look at hosts. */
  readonly hosts: Pick<HostSelector, 'labels' | 'names'>;
  /** Keys beside the kind that only some kinds have. */
  readonly beside: { readonly whenEmpty?: number; readonly liveness?: string; readonly floor?: number };
  /** Another probe of the same file as it is written, or undefined. */
  sibling(name: string): { readonly prometheus?: { readonly query: string; readonly url?: string } } | undefined;
  /** Says what is wrong at a key of this probe; reading goes on. */
  report(keys: readonly PropertyKey[], message: string): void;
}

export interface Asked {
  readonly probe: Pick<Probe, 'timeoutMs' | 'everyMs'>;
  readonly surroundings: ProbeSurroundings;
  /** The sample before, where there is one. */
  readonly previous: ProbeSample | undefined;
}

/** What the coordinator lends to its probes. */
export interface ProbeSurroundings {
  nowMs(): number;
  unixMs(): number;
  /** Where Prometheus answers, unless a probe says otherwise. */
  readonly prometheusUrl?: string;
  /** What exec probes may run. */
  readonly programs: readonly ProbeProgram[];
  /** Every host of the inventory. */
  hosts(): readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
  }[];
  /** Rejects when the host does not answer in time, or says no. */
  observe(host: string, request: leash.v1.IObserveRequest, timeoutMs: number): Promise<leash.v1.IObserveReply>;
}

export interface ProbeProgram {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** What each argument may look like, an asterisk standing for a word. */
  readonly args: readonly string[];
}

export const windowDefaultMs = 10_000;

/** The values of every probe that asks a service. */
export const askingFields: ProbeFields = {
  up: 'bool',
  latencyMs: 'double',
  latencyP50Ms: 'double',
  latencyP95Ms: 'double',
  latencyP99Ms: 'double',
  errorRatio: 'double',
};

export function windowOf(written: { readonly window?: number | undefined }, { everyMs, report }: ProbePlace): number {
  const windowMs = written.window ?? Math.max(windowDefaultMs, 3 * everyMs);
  if (windowMs < everyMs) report(['window'], 'must be at least as long as every');
  return windowMs;
}

export interface Verdict {
  readonly isGood: boolean;
  readonly detail: string;
  readonly values?: Readonly<Record<string, number>>;
}

/**
 * Times one question. An answer that does not come within the timeout counts with the time that was waited; a question
 * that failed otherwise has no latency.
 */
export async function timed(
  { probe, surroundings: { nowMs } }: Asked,
  question: (signal: AbortSignal) => Promise<Verdict>,
): Promise<ProbeSample> {
  const startedAtMs = nowMs();
  const abort = new AbortController();
  let late = (): void => {};
  const deadline = new Promise<never>((_, reject) => {
    late = () => reject(new Error('late'));
  });
  const timer = setTimeout(() => {
    abort.abort();
    late();
  }, probe.timeoutMs);
  try {
    const verdict = await Promise.race([question(abort.signal), deadline]);
    const atMs = nowMs();
    return { atMs, latencyMs: atMs - startedAtMs, ...verdict };
  } catch (error) {
    const atMs = nowMs();
    if (abort.signal.aborted) {
      return { atMs, isGood: false, latencyMs: atMs - startedAtMs, detail: `no answer within ${probe.timeoutMs} ms` };
    }
    return { atMs, isGood: false, detail: error instanceof Error ? error.message || error.name : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
