/** When which request of a load is due: evenly, or as a log has it. Endless; whoever drives it knows when it is over. */
import type { Recording } from './access-log.ts';

export interface DueRequest {
  /** Since the begin of the load. */
  readonly atMs: number;
  readonly method: 'GET' | 'HEAD';
  readonly path: string;
}

export function* steadyRequests(path: string, requestsPerSecond: number): Generator<DueRequest> {
  for (let count = 0; ; count += 1) yield { atMs: (count * 1000) / requestsPerSecond, method: 'GET', path };
}

/** Begins again when it is over. */
export function* replayedRequests({ requests, lengthMs }: Recording, speed: number): Generator<DueRequest> {
  for (let round = 0; requests.length > 0; round += 1) {
    for (const { atMs, method, path } of requests) yield { atMs: (round * lengthMs + atMs) / speed, method, path };
  }
}
