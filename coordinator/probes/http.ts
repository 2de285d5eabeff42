/** The HTTP probe: one request on a connection of its own, so that what is measured is what a new client would see. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { RE2JS } from 're2js';
import { z } from 'zod';
import type { HttpSource } from '../core/experiment.ts';
import { duration, isHttpUrl, pattern } from '../experiment/quantity-schema.ts';
import { askingFields, type ProbeKind, timed, windowOf } from './probe-kind.ts';

const redirectsMax = 3;
const bodyBytesMax = 1_048_576;

const written = z.strictObject({
  url: z.string().max(2000).refine(isHttpUrl, 'must be an http:// or https:// address without a user in it'),
  method: z.enum(['GET', 'HEAD']).optional(),
  status: z
    .union([z.int().min(100).max(599), z.string().regex(/^[1-5]\d\d-[1-5]\d\d$/, 'must be such as 200 or 200-299')])
    .optional()
    .meta({ description: 'Statuses that count as up; 200-299 unless said otherwise' }),
  body: pattern().optional().meta({ description: 'RE2; up only when it is found in the first MiB of the body' }),
  timeout: duration({ minimum: 10, maximum: 30_000 }).optional(),
  window: duration({ minimum: 1000, maximum: 3_600_000 })
    .optional()
    .meta({ description: 'What error ratio and percentiles are over; 10s unless said otherwise' }),
});

interface Answer {
  readonly status: number;
  /** Where a redirect points to. */
  readonly location?: string;
  readonly isTooLong: boolean;
  readonly body: Buffer;
}

export const httpProbe: ProbeKind<HttpSource, typeof written> = {
  written,
  fields: askingFields,
  compile(http, place) {
    const [min = 0, max = min] = String(http.status ?? '200-299')
      .split('-')
      .map(Number);
    if (min > max) place.report(['status'], `${http.status} ends before it begins`);
    if (http.body !== undefined && http.method === 'HEAD') place.report(['body'], 'goes with method: GET');
    return {
      kind: 'http',
      url: http.url,
      method: http.method ?? 'GET',
      status: { min, max },
      ...(http.body === undefined ? {} : { bodyMatches: http.body }),
      windowMs: windowOf(http, place),
    };
  },
  sample: ({ url, method, status, bodyMatches }, asked) =>
    timed(asked, async (signal) => {
      const answer = await follow(new URL(url), method, signal);
      if (answer.isTooLong) return { isGood: false, detail: `answered ${answer.status} with over 1 MiB` };
      const isExpected = answer.status >= status.min && answer.status <= status.max;
      if (
        isExpected &&
        bodyMatches !== undefined &&
        !RE2JS.compile(bodyMatches).matcher(answer.body.toString()).find()
      ) {
        return { isGood: false, detail: `answered ${answer.status}, and its body does not match` };
      }
      return { isGood: isExpected, detail: `answered ${answer.status}` };
    }),
};

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
      const chunks: Buffer[] = [];
      const settle = (more: Partial<Answer>): void => {
        resolve({ status, isTooLong: false, body: Buffer.concat(chunks), ...more });
      };
      if (isRedirect) {
        response.destroy();
        settle({ location: response.headers.location as string });
        return;
      }
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes <= bodyBytesMax) return;
        response.destroy();
        settle({ isTooLong: true });
      });
      response.on('end', () => settle({}));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end();
  });
}
