/**
 * An intent: a signed word that just one scope may run, in one fleet and one stage, within a time, so many times. It is
 * JSON of one spelling, so that two people who write the same intent sign the same bytes; the signature is a detached
 * SSHSIG of the namespace below (PROTOCOL.sshsig of OpenSSH), made by `ssh-keygen -Y sign -n leash-intent`.
 */
import { InvalidInput } from './invalid-input.ts';
import { isStage, type Stage, stages } from './stage.ts';

export const intentNamespace = 'leash-intent';
export const intentBytesMax = 4096;
/** Of a signed commit and the trees by which it shows an intent. */
export const commitProofBytesMax = 98_304;
const runsMax = 1000;

export interface IntentDocument {
  readonly fleet: string;
  /** For people; what counts is the scope. */
  readonly experiment: string;
  readonly scopeDigest: string;
  readonly stage: Stage;
  /** As written: "2026-11-27T15:00:00Z". */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly notBeforeUnixMs: number;
  readonly notAfterUnixMs: number;
  /** How many runs it is for. */
  readonly runs: number;
  /** What makes it another intent than one that says the same: hosts remember it. 32 hexadecimal digits. */
  readonly nonce: string;
}

const keys = [
  'apiVersion',
  'experiment',
  'fleet',
  'kind',
  'nonce',
  'notAfter',
  'notBefore',
  'runs',
  'scopeDigest',
  'stage',
];

/** The bytes to sign: keys in order, two spaces, a line break at the end. */
export function intentText(intent: Omit<IntentDocument, 'notBeforeUnixMs' | 'notAfterUnixMs'>): string {
  const { experiment, fleet, nonce, notAfter, notBefore, runs, scopeDigest, stage } = intent;
  const document = {
    apiVersion: 'leash/v1',
    experiment,
    fleet,
    kind: 'Intent',
    nonce,
    notAfter,
    notBefore,
    runs,
    scopeDigest,
    stage,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** @throws InvalidInput that names the key and what it must be. */
export function parseIntent(text: string): IntentDocument {
  if (text.length > intentBytesMax)
    throw new InvalidInput('intent', `${text.length} bytes`, `must be at most ${intentBytesMax}`);
  const document = objectOf(text);
  for (const key of Object.keys(document)) {
    if (!keys.includes(key))
      throw new InvalidInput(`intent.${key}`, document[key], `is not a key of an intent (${keys.join(', ')})`);
  }
  if (document.apiVersion !== 'leash/v1')
    throw new InvalidInput('intent.apiVersion', document.apiVersion, 'must be leash/v1');
  if (document.kind !== 'Intent') throw new InvalidInput('intent.kind', document.kind, 'must be Intent');
  const word = (key: string, expression: RegExp, expectation: string): string => {
    const value = document[key];
    if (typeof value === 'string' && expression.test(value)) return value;
    throw new InvalidInput(`intent.${key}`, value, expectation);
  };
  const stage = document.stage;
  if (typeof stage !== 'string' || !isStage(stage)) {
    throw new InvalidInput('intent.stage', stage, `must be one of ${stages.join(', ')}`);
  }
  const runs = document.runs;
  if (typeof runs !== 'number' || !Number.isInteger(runs) || runs < 1 || runs > runsMax) {
    throw new InvalidInput('intent.runs', runs, `must be 1 to ${runsMax}`);
  }
  const time = (key: string): { text: string; unixMs: number } => {
    const written = word(key, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'must be a time such as 2026-11-27T15:00:00Z');
    const unixMs = Date.parse(written);
    if (!Number.isFinite(unixMs)) throw new InvalidInput(`intent.${key}`, written, 'must be a time that exists');
    return { text: written, unixMs };
  };
  const [notBefore, notAfter] = [time('notBefore'), time('notAfter')];
  if (notAfter.unixMs <= notBefore.unixMs)
    throw new InvalidInput('intent.notAfter', notAfter.text, 'must be after notBefore');
  return {
    fleet: word('fleet', /^[\w.-]{1,128}$/, 'must be the name of a fleet'),
    experiment: word('experiment', /^[\w.-]{1,256}$/, 'must be the name of an experiment'),
    scopeDigest: word('scopeDigest', /^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits'),
    stage,
    notBefore: notBefore.text,
    notAfter: notAfter.text,
    notBeforeUnixMs: notBefore.unixMs,
    notAfterUnixMs: notAfter.unixMs,
    runs,
    nonce: word('nonce', /^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits'),
  };
}

/** Why it does not hold now; empty when it does. */
export function timeProblem(
  intent: Pick<IntentDocument, 'notBefore' | 'notAfter' | 'notBeforeUnixMs' | 'notAfterUnixMs'>,
  nowUnixMs: number,
): string {
  const now = new Date(nowUnixMs).toISOString();
  if (!(nowUnixMs >= intent.notBeforeUnixMs)) return `it holds from ${intent.notBefore}, and it is ${now}`;
  if (!(nowUnixMs < intent.notAfterUnixMs)) return `it held until ${intent.notAfter}, and it is ${now}`;
  return '';
}

function objectOf(text: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    document = undefined;
  }
  if (typeof document === 'object' && document !== null && !Array.isArray(document))
    return document as Record<string, unknown>;
  throw new InvalidInput('intent', text.slice(0, 40), 'must be one JSON object');
}
