/** The metadata service as it is on every cloud: plain HTTP on one link-local address. */
import type { MetadataService } from './label-source.ts';

export const metadataUrlDefault = 'http://169.254.169.254';
/** Where it is there at all it answers within milliseconds. */
const withinMs = 1000;
const answerLengthMax = 65_536;

export function openMetadataService(url: string): MetadataService {
  return {
    async ask({ path, method = 'GET', headers }) {
      const signal = AbortSignal.timeout(withinMs);
      const response = await fetch(new URL(path, url), { method, headers: { ...headers }, signal, redirect: 'error' });
      const text = await readAtMost(response, answerLengthMax);
      return response.ok ? { text: text.trim(), header: (name) => response.headers.get(name) } : undefined;
    },
  };
}

async function readAtMost(response: Response, lengthMax: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > lengthMax) throw new Error(`the metadata service answers with more than ${lengthMax} characters`);
  }
  return text;
}
