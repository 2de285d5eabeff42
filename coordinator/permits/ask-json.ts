/** One question over HTTP with an answer in JSON: a deadline for all of it, a bound on its size, and no redirects. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

export interface JsonQuestion {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** PEM; the authorities that Node knows where it is left out. */
  readonly ca?: Buffer | undefined;
  readonly deadlineMs: number;
}

export interface JsonAnswer {
  readonly status: number;
  /** Undefined for what is not JSON. */
  readonly document: unknown;
}

const bodyBytesMax = 262_144;

/** A redirect is not followed: a secret that was meant for one server is not told to another. @throws Error in words */
export function askJson({ url, method, headers = {}, body, ca, deadlineMs }: JsonQuestion): Promise<JsonAnswer> {
  const { protocol } = new URL(url);
  const signal = AbortSignal.timeout(deadlineMs);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const content = text === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const start = protocol === 'https:' ? requestHttps : requestHttp;
    const options = {
      method,
      signal,
      agent: false as const,
      ...(ca ? { ca } : {}),
      headers: { accept: 'application/json', 'user-agent': 'leash', ...content, ...headers },
    };
    const fail = (error: Error): void =>
      reject(signal.aborted ? new Error(`no answer within ${deadlineMs} ms`) : error);
    const request = start(url, options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > bodyBytesMax) response.destroy(new Error(`answered with over ${bodyBytesMax} bytes`));
      });
      response.on('error', fail);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, document: parsed(Buffer.concat(chunks).toString('utf8')) });
      });
    });
    request.on('error', fail);
    request.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
