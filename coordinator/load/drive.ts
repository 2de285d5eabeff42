/**
 * Drives one load: each request at its time, whatever became of those before it, so that a service that stands still is
 * seen to do so. A latency runs from the instant at which the request was due.
 */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LoadOutcome } from '../core/load-outcome.ts';
import type { DueRequest } from './due-requests.ts';
import { createLatencies } from './latencies.ts';
import type { LoadOrder } from './load-order.ts';

export interface DrivenLoad {
  outcome(): LoadOutcome;
  /** Resolves when its time is over and every answer is there or given up. */
  readonly ended: Promise<void>;
  /** Sends nothing more, and gives up what is under way. */
  stop(): void;
}

const answerWithinMs = 10_000;
const lookEveryMs = 5;

export function drive(
  { url, runId, durationMs, connectionsMax, requestsPerSecondMax }: Omit<LoadOrder, 'traffic'>,
  due: Iterator<DueRequest>,
): DrivenLoad {
  const target = new URL(url);
  const isTls = target.protocol === 'https:';
  const agent = new (isTls ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: connectionsMax });
  const request = isTls ? httpsRequest : httpRequest;
  const latencies = createLatencies();
  const open = new Set<ClientRequest>();
  const startedAtMs = performance.now();
  let [requests, errors, notSent] = [0, 0, 0];
  let endedAtMs: number | undefined;
  let second = { index: -1, sent: 0 };
  let next = due.next();
  let finish = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });

  function send({ method, path, atMs }: DueRequest): void {
    const index = Math.floor((performance.now() - startedAtMs) / 1000);
    if (second.index !== index) second = { index, sent: 0 };
    if (open.size >= connectionsMax || second.sent >= requestsPerSecondMax) {
      notSent += 1;
      return;
    }
    second.sent += 1;
    const headers = { 'user-agent': 'leash-load', 'x-leash-run': runId };
    const { hostname, port } = target;
    // An address in brackets is one of IPv6.
    const host = hostname.replace(/^\[|\]$/g, '');
    const sent = request({ agent, host, port, method, path, headers, timeout: answerWithinMs });
    let isSettled = false;
    const settle = (isGood: boolean): void => {
      if (isSettled) return;
      isSettled = true;
      open.delete(sent);
      requests += 1;
      if (!isGood) errors += 1;
      latencies.add(performance.now() - startedAtMs - atMs);
      finishIfOver();
    };
    open.add(sent);
    sent.on('response', (response) => {
      response.resume();
      response.on('end', () => settle((response.statusCode ?? 500) < 500));
      response.on('error', () => settle(false));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => settle(false));
    sent.on('close', () => settle(false));
    sent.end();
  }

  function look(): void {
    const nowMs = performance.now() - startedAtMs;
    const untilMs = Math.min(nowMs, durationMs);
    for (; !next.done && next.value.atMs < untilMs; next = due.next()) send(next.value);
    if (nowMs >= durationMs) endSending();
  }

  function endSending(): void {
    clearInterval(timer);
    endedAtMs ??= performance.now();
    finishIfOver();
  }

  function finishIfOver(): void {
    if (endedAtMs === undefined || open.size > 0) return;
    agent.destroy();
    finish();
  }

  const timer = setInterval(look, lookEveryMs);
  return {
    ended,
    outcome() {
      const latency = latencies.summary();
      const tookMs = Math.round((endedAtMs ?? performance.now()) - startedAtMs);
      return { requests, errors, notSent, tookMs, ...(latency ? { latency } : {}) };
    },
    stop() {
      endSending();
      for (const sent of [...open]) sent.destroy();
    },
  };
}
