/**
 * Asks an Open Policy Agent over its REST API (Data API, "Get a Document (with Input)"). It allows with
 * `{ "result": { "allow": true } }` and no `deny`; every other answer, and none, is a no.
 */
import { readFile } from 'node:fs/promises';
import type { PolicyAnswer, PolicyDocument } from '../gates/permits.ts';
import { askJson } from './ask-json.ts';
import { readSecret } from './secret-file.ts';

export interface OpaSettings {
  /** Of the package: "http://127.0.0.1:8181/v1/data/leash" */
  readonly url: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
}

const deadlineMs = 1000;
const reasonsMax = 20;

/** Never rejects. */
export async function askOpa({ url, tokenFile, caFile }: OpaSettings, input: PolicyDocument): Promise<PolicyAnswer> {
  try {
    const { status, document } = await askJson({
      url,
      method: 'POST',
      body: { input },
      ...(tokenFile ? { headers: { authorization: `Bearer ${await readSecret(tokenFile)}` } } : {}),
      ca: caFile === undefined ? undefined : await readFile(caFile),
      deadlineMs,
    });
    if (status !== 200) return no(`OPA answered ${status}, 200 needed`);
    return judged(document);
  } catch (error) {
    return no(`OPA could not be asked: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function judged(document: unknown): PolicyAnswer {
  const { result } = (document ?? {}) as { result?: unknown };
  if (typeof result !== 'object' || result === null) return no('OPA has no such policy: it answered without a result');
  const { allow, deny } = result as { allow?: unknown; deny?: unknown };
  const reasons = Array.isArray(deny) ? deny.slice(0, reasonsMax).map((reason) => `OPA: ${shown(reason)}`) : [];
  if (reasons.length > 0) return { refusals: reasons };
  if (deny !== undefined && !Array.isArray(deny)) return no('OPA: deny is not a list');
  return allow === true ? { refusals: [] } : no('OPA does not allow it, and gives no reason');
}

function shown(reason: unknown): string {
  return (typeof reason === 'string' ? reason : JSON.stringify(reason)).slice(0, 300);
}

function no(reason: string): PolicyAnswer {
  return { refusals: [reason] };
}
