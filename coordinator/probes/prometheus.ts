/**
 * The Prometheus probe: one number by a query, at the instant or over a range. An answer that is not one number is no
 * value. Where another probe of the same Prometheus is named as its `liveness`, the value counts only while that one,
 * asked for the same instant, is above 0: a series that is missing can mean that nothing happens, or that nobody looks.
 */
import { z } from 'zod';
import { type PrometheusSource, rangeTakes } from '../core/experiment.ts';
import { duration, isHttpUrl } from '../experiment/quantity-schema.ts';
import { type ProbeKind, timed, windowOf } from './probe-kind.ts';
import { instantValue, rangeValue } from './prometheus-api.ts';

const written = z.strictObject({
  query: z.string().min(1).max(4000).meta({ description: 'PromQL that gives one number' }),
  url: z
    .string()
    .max(2000)
    .refine(isHttpUrl, 'must be an http:// or https:// address without a user in it')
    .optional()
    .meta({ description: "The coordinator's own Prometheus unless said" }),
  range: duration({ minimum: 1000, maximum: 86_400_000 })
    .optional()
    .meta({ description: 'Over this long up to now, instead of at the instant' }),
  step: duration({ minimum: 1000, maximum: 3_600_000 }).optional(),
  take: z.enum(rangeTakes).optional().meta({ description: 'Which value of the range; average unless said' }),
  timeout: duration({ minimum: 10, maximum: 30_000 }).optional(),
});

const pointsMax = 11_000;

export const prometheusProbe: ProbeKind<PrometheusSource, typeof written> = {
  written,
  fields: { up: 'bool', value: 'double', errorRatio: 'double', latencyMs: 'double' },
  mainField: 'value',
  compile({ query, url, range, step, take, ...rest }, place) {
    const { whenEmpty, floor } = place.beside;
    if (range === undefined) {
      if (step !== undefined) place.report(['step'], 'goes with range');
      if (take !== undefined) place.report(['take'], 'goes with range');
    }
    const stepMs = step ?? Math.max(1000, Math.ceil((range ?? 0) / 250));
    if (range !== undefined && range / stepMs > pointsMax) {
      place.report(['step'], `${Math.ceil(range / stepMs)} points, at most ${pointsMax} allowed; make step longer`);
    }
    const livenessQuery = livenessOf({ url }, place);
    return {
      kind: 'prometheus',
      query,
      ...(url === undefined ? {} : { url }),
      ...(range === undefined ? {} : { range: { lengthMs: range, stepMs, take: take ?? 'average' } }),
      ...(livenessQuery === undefined ? {} : { livenessQuery }),
      ...(whenEmpty === undefined ? {} : { whenEmpty }),
      ...(floor === undefined ? {} : { floor }),
      windowMs: windowOf(rest as object, place),
    };
  },
  sample: (source, asked) =>
    timed(asked, async (signal) => {
      const url = source.url ?? asked.surroundings.prometheusUrl;
      if (url === undefined) throw new Error('no Prometheus is known: set prometheus.url in the coordinator’s file');
      const atUnixMs = asked.surroundings.unixMs();
      const { query, range, livenessQuery, whenEmpty } = source;
      const [answer, liveness] = await Promise.all([
        range ? rangeValue(url, { query, atUnixMs, ...range }, signal) : instantValue(url, { query, atUnixMs }, signal),
        livenessQuery === undefined ? undefined : instantValue(url, { query: livenessQuery, atUnixMs }, signal),
      ]);
      if (livenessQuery !== undefined && !(liveness !== undefined && liveness > 0)) {
        return { isGood: false, detail: `its liveness is ${liveness ?? 'not there'}` };
      }
      const value = answer ?? whenEmpty;
      if (value === undefined) return { isGood: false, detail: 'the query gives no series' };
      // NaN and infinity are passed on: a rule says which value it was that it could not use.
      return { isGood: Number.isFinite(value), detail: `the value is ${value}`, values: { value } };
    }),
};

function livenessOf(
  own: { readonly url: string | undefined },
  { beside: { liveness, whenEmpty }, sibling, report }: Parameters<typeof prometheusProbe.compile>[1],
): string | undefined {
  if (liveness === undefined) {
    // Nothing tells a service without errors from a Prometheus that lost sight of it.
    if (whenEmpty !== undefined) report([], 'whenEmpty needs a liveness: the name of a probe of the same Prometheus');
    return undefined;
  }
  const other = sibling(liveness)?.prometheus;
  if (!other) report([], `liveness: no prometheus probe is named "${liveness}"`);
  else if (other.url !== own.url) report([], `liveness: ${liveness} asks another Prometheus`);
  return other?.query;
}
