/** The traffic of a run as rows of a table. */
import { formatDurationMs } from '../../proto/quantity.ts';
import type { LoadDocument } from '../client/programme-document.ts';

export const loadTitles = ['Step', 'Load', 'Requests', 'Errors', 'Not sent', 'p50', 'p95', 'p99', 'Highest', 'Took'];

export function loadCells({
  step,
  what,
  over,
  requests,
  errors,
  notSent,
  latency,
  tookMs,
  error,
}: LoadDocument): string[] {
  const [p50, p95, p99, highest] = latency
    ? [latency.p50Ms, latency.p95Ms, latency.p99Ms, latency.maxMs].map((ms) => `${ms} ms`)
    : ['–', '–', '–', '–'];
  const took = over ? formatDurationMs(tookMs) : 'going on';
  return [
    String(step),
    what,
    ...[requests, errors, notSent].map(String),
    ...[p50, p95, p99, highest].map((each) => each ?? '–'),
    error ? `${took}; ${error}` : took,
  ];
}
