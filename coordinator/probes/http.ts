/** The HTTP probe: one request on a connection of its own, so that what is measured is what a new client would see. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Probe } from '../core/experiment.ts';
import type { ProbeSample } from '../core/probe-window.ts';

const redirectsMax = 3;
const bodyBytesMax = 1_048_576;

interface Answer {
  readonly status: number;
  /** Where a redirect points to. */
  readonly location?: string;
  readonly isTooLong: boolean;
}

/** Answers within the timeout of the probe, redirects and body included. Never rejects. */
export async function sampleHttp(probe: Probe, nowMs: () => number): Promise<ProbeSample> {
  const { url, method, status } = probe.source;
  const startedAtMs = nowMs();
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), probe.timeoutMs);
  try {
    const answer = await follow(new URL(url), method, abort.signal);
    const atMs = nowMs();
    const isGood = answer.status >= status.min && answer.status <= status.max && !answer.isTooLong;
    const detail = answer.isTooLong ? `answered ${answer.status} with over 1 MiB` : `answered ${answer.status}`;
    return { atMs, isGood, latencyMs: atMs - startedAtMs, detail };
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

async function follow(url: URL, method: 'GET' | 'HEAD', signal: AbortSignal): Promise<Answer> {
  let target = url;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await ask(target, method, signal);
    if (answer.location === undefined) return answer;
    if (redirects === redirectsMax) throw new Error(`more than ${redirectsMax} redirects`);
    target = new URL(answer.location, target);
  }
}

function ask(url: URL, method: 'GET' | 'HEAD', signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      reject(new Error(`${url.protocol} is not http: or https:`));
      return;
    }
    const start = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = start(url, { method, signal, agent: false, headers: { 'user-agent': 'leash' } }, (response) => {
      const status = response.statusCode ?? 0;
      const isRedirect = [301, 302, 303, 307, 308].includes(status) && response.headers.location !== undefined;
      if (isRedirect) {
        response.destroy();
        resolve({ status, location: response.headers.location as string, isTooLong: false });
        return;
      }
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= bodyBytesMax) return;
        response.destroy();
        resolve({ status, isTooLong: true });
      });
      response.on('end', () => resolve({ status, isTooLong: false }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end();
  });
}
