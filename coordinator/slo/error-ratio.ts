/** The share that was bad over a window, asked of Prometheus by subqueries over the indicator's own queries. */
import { instantValue } from '../probes/prometheus-api.ts';
import type { Slo } from './openslo.ts';

/** A subquery is asked at this many points: fine enough for a share, and no burden over thirty days. */
const points = 720;
const stepMinMs = 1000;

/** @returns 0 where nothing happened in the window. @throws Error where Prometheus does not know. */
export async function errorRatioOf(
  { name, indicator }: Slo,
  windowMs: number,
  { url, atUnixMs, signal }: { readonly url: string; readonly atUnixMs: number; readonly signal: AbortSignal },
): Promise<number> {
  const ask = (query: string): Promise<number | undefined> => instantValue(url, { query, atUnixMs }, signal);
  if (indicator.kind === 'threshold') {
    const { query, operator, bound } = indicator;
    const good = await ask(`avg_over_time(((${query}) ${operator} bool ${bound})${range(windowMs)})`);
    return known(good, `slo ${name}: no data of its metric`, (share) => 1 - share);
  }
  const over = (query: string): string =>
    indicator.isCounter ? `increase((${query})${range(windowMs)})` : `sum_over_time((${query})${range(windowMs)})`;
  const [counted, total] = await Promise.all([ask(over(indicator.query)), ask(over(indicator.totalQuery))]);
  const whole = known(total, `slo ${name}: no data of its total`, (value) => value);
  if (whole === 0) return 0;
  // A series of errors that was never there counts none; one of what is good that is missing leaves nothing good.
  const share = known(counted ?? 0, '', (value) => value) / whole;
  return Math.min(1, Math.max(0, indicator.counted === 'bad' ? share : 1 - share));
}

function known(value: number | undefined, missing: string, use: (value: number) => number): number {
  if (value === undefined || !Number.isFinite(value)) throw new Error(missing || `the value is ${value}`);
  return use(value);
}

function range(windowMs: number): string {
  const stepMs = Math.max(stepMinMs, Math.ceil(windowMs / points / 1000) * 1000);
  return `[${windowMs}ms:${stepMs}ms]`;
}
