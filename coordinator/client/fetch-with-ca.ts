/** fetch(3) by https with a certificate authority of one's own, for libraries that take one. No redirects, a deadline. */
import { request } from 'node:https';

const deadlineMs = 10_000;
const bodyBytesMax = 1_048_576;

interface FetchOptions {
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  readonly body?: unknown;
}

export function fetchWithCa(ca: Buffer | undefined): (url: string, options?: FetchOptions) => Promise<Response> {
  return (url, { method = 'GET', headers, body } = {}) =>
    new Promise((resolve, reject) => {
      const text = body === undefined || body === null ? undefined : String(body);
      const options = {
        method,
        headers: Object.fromEntries(new Headers(headers)),
        signal: AbortSignal.timeout(deadlineMs),
        ...(ca ? { ca } : {}),
      };
      const asking = request(url, options, (answer) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          chunks.push(chunk);
          if (bytes > bodyBytesMax) answer.destroy(new Error(`${url} answered with over ${bodyBytesMax} bytes`));
        });
        answer.on('error', reject);
        answer.on('end', () => {
          const known = Object.entries(answer.headers).flatMap(([name, value]): [string, string][] =>
            value === undefined ? [] : [[name, String(value)]],
          );
          const content = Buffer.concat(chunks);
          resolve(
            new Response(content.length > 0 ? content : null, { status: answer.statusCode ?? 500, headers: known }),
          );
        });
      });
      asking.on('error', reject);
      asking.end(text);
    });
}
