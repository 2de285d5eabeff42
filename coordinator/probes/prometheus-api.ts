/** The two calls of Prometheus' HTTP API that are needed, and nothing but one number out of each. */
import type { RangeTake } from '../core/experiment.ts';

const answerBytesMax = 4 * 1_048_576;

export interface InstantQuery {
  readonly query: string;
  readonly atUnixMs: number;
}

export interface RangeQuery extends InstantQuery {
  readonly lengthMs: number;
  readonly stepMs: number;
  readonly take: RangeTake;
}

/** @returns undefined for an answer without a series; NaN where Prometheus says so. @throws Error for any other answer. */
export async function instantValue(
  url: string,
  { query, atUnixMs }: InstantQuery,
  signal: AbortSignal,
): Promise<number | undefined> {
  const data = await ask(url, 'query', { query, time: String(atUnixMs / 1000) }, signal);
  if (data.resultType === 'scalar') return numberOf((data.result as unknown[])[1]);
  if (data.resultType !== 'vector') throw new Error(`the query gives a ${data.resultType}, and one number is needed`);
  const series = onlySeries(data.result);
  return series === undefined ? undefined : numberOf((series.value as unknown[] | undefined)?.[1]);
}

/** Of the points of one series. @throws Error as above. */
export async function rangeValue(
  url: string,
  { query, atUnixMs, lengthMs, stepMs, take }: RangeQuery,
  signal: AbortSignal,
): Promise<number | undefined> {
  const bounds = { start: String((atUnixMs - lengthMs) / 1000), end: String(atUnixMs / 1000) };
  const data = await ask(url, 'query_range', { query, ...bounds, step: String(stepMs / 1000) }, signal);
  const series = onlySeries(data.result);
  if (series === undefined) return undefined;
  const points = (series.values as readonly (readonly unknown[])[]).map((point) => numberOf(point[1]));
  switch (take) {
    case 'last':
      return points.at(-1);
    case 'average':
      return points.reduce((sum, point) => sum + point, 0) / points.length;
    case 'minimum':
      return Math.min(...points);
    case 'maximum':
      return Math.max(...points);
  }
}

interface Data {
  readonly resultType: string;
  readonly result: unknown;
}

async function ask(
  url: string,
  path: 'query' | 'query_range',
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Data> {
  const base = url.endsWith('/') ? url : `${url}/`;
  // By POST: a query may be longer than an address may be.
  const response = await fetch(new URL(`api/v1/${path}`, base), {
    method: 'POST',
    body: new URLSearchParams(parameters),
    redirect: 'error',
    signal,
  }).catch((error: Error & { cause?: Error }) => {
    throw new Error(error.cause?.message || error.message);
  });
  const document = parsed(await bounded(response));
  if (document?.status !== 'success' || !document.data) {
    const why = typeof document?.error === 'string' ? `: ${document.error.slice(0, 300)}` : '';
    throw new Error(`Prometheus answered ${response.status}${why}`);
  }
  return document.data;
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw new Error(`Prometheus answered with over ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): { status?: unknown; error?: unknown; data?: Data } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function onlySeries(result: unknown): { value?: unknown; values?: unknown } | undefined {
  if (!Array.isArray(result)) throw new Error('Prometheus answered with something that is no list of series');
  if (result.length > 1) {
    throw new Error(`the query gives ${result.length} series, and one is needed: put sum(), max() or min() around it`);
  }
  return result[0] as { value?: unknown; values?: unknown } | undefined;
}

/** Values come as text: "0.25", "NaN", "+Inf". */
function numberOf(text: unknown): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return typeof text === 'string' && text !== '' ? Number(text) : Number.NaN;
}
