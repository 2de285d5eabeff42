/**
 * Intents in a folder of a git repository. One counts when its commit is signed by somebody of the allowed-signers file,
 * or when a detached signature lies beside it; what is only in the working tree, or not signed, is as if it were not
 * there. Who may merge into the folder is for the protection of the branch to say.
 */
import { readFile, realpath } from 'node:fs/promises';
import { type IntentDocument, intentNamespace, parseIntent, timeProblem } from '../../proto/intent.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { verifySshSignature } from '../../shared/sshsig.ts';
import type { IntentRules } from '../core/permit-rules.ts';
import type { IntentSource } from '../engine/permits-port.ts';
import type { FoundIntent, SignedIntent } from '../gates/permits.ts';
import { type AllowedSigners, parseAllowedSigners } from './allowed-signers.ts';
import { type Git, openGit } from './git.ts';

export interface IntentSettings extends IntentRules {
  readonly allowedSigners: string;
  /** "HEAD", or a branch such as "main". */
  readonly branch: string;
}

const filesMax = 1000;

export function openIntentFolder(settings: IntentSettings, unixMs: () => number): IntentSource {
  /** By the commit and the signers: neither the text of a commit nor who signed it can change. */
  let read: { readonly key: string; readonly intents: Promise<readonly ReadIntent[]> } | undefined;

  async function intents(): Promise<readonly ReadIntent[]> {
    const signersText = await readFile(settings.allowedSigners, 'utf8');
    const git = openGit(await realpath(settings.folder));
    const commit = await git.commitOf(settings.branch);
    const key = `${commit}\n${signersText}`;
    if (read?.key !== key) read = { key, intents: readAll({ git, settings, commit, signersText }) };
    return read.intents;
  }

  return {
    async find({ scopeDigest, stage, isDetached = false }, runsOf): Promise<FoundIntent> {
      const problems: string[] = [];
      for (const { name, text, document, vouched } of await intents()) {
        if (!text.includes(scopeDigest)) continue;
        if (document instanceof InvalidInput) {
          problems.push(`${name}: ${document.message}`);
          continue;
        }
        if (document.scopeDigest !== scopeDigest) continue;
        const used = await runsOf(document.nonce);
        const wrong = [
          document.fleet === settings.fleet
            ? ''
            : `it is for the fleet ${document.fleet}, and this is ${settings.fleet}`,
          document.stage === stage ? '' : `it is for ${document.stage}, and the experiment is for ${stage}`,
          timeProblem(document, unixMs()),
          used < document.runs ? '' : `${used} of the ${document.runs} runs that it is for have started`,
          vouched.kind === 'signed' ? '' : vouched.reason,
          isDetached && !('by' in vouched && vouched.by.signature) ? `${name}.sig is not there` : '',
        ].filter((problem) => problem !== '');
        if (wrong.length === 0 && vouched.kind === 'signed') {
          return { intent: { ...vouched.by, document, text, runsLeft: document.runs - used }, problems: [] };
        }
        problems.push(...wrong.map((each) => `${name}: ${each}`));
      }
      return { problems };
    },
  };
}

interface ReadIntent {
  readonly name: string;
  readonly text: string;
  readonly document: IntentDocument | InvalidInput;
  readonly vouched: Vouched;
}

interface Reading {
  readonly git: Git;
  readonly settings: IntentSettings;
  readonly commit: string;
  readonly signersText: string;
}

async function readAll({ git, settings, commit, signersText }: Reading): Promise<readonly ReadIntent[]> {
  const signers = parseAllowedSigners(signersText);
  const names = (await git.list(commit)).filter((name) => name.endsWith('.json'));
  if (names.length > filesMax) {
    throw new Error(`${settings.folder} has ${names.length} intents, at most ${filesMax} are read`);
  }
  const all: ReadIntent[] = [];
  for (const name of names) {
    const text = await git.read(commit, name);
    const vouched = await vouchFor({ git, signers, settings, commit, name, text });
    all.push({ name, text, document: intentOf(text), vouched });
  }
  return all;
}

interface Vouching {
  readonly git: Git;
  readonly signers: AllowedSigners;
  readonly settings: IntentSettings;
  readonly commit: string;
  readonly name: string;
  readonly text: string;
}

type Vouched =
  | { readonly kind: 'signed'; readonly by: Pick<SignedIntent, 'signature' | 'source' | 'signedBy'> }
  | { readonly kind: 'unsigned'; readonly reason: string };

async function vouchFor({ git, signers, settings, commit, name, text }: Vouching): Promise<Vouched> {
  const signature = await git.read(commit, `${name}.sig`).catch(() => undefined);
  const reasons: string[] = [];
  if (signature !== undefined) {
    try {
      const key = verifySshSignature(signature, Buffer.from(text), intentNamespace);
      const signedBy = signers.principalOf(key, intentNamespace);
      if (signedBy !== undefined)
        return { kind: 'signed', by: { signature, signedBy, source: `${name}, with ${name}.sig,` } };
      reasons.push(`${name}.sig is by a key that ${settings.allowedSigners} does not allow for ${intentNamespace}`);
    } catch (error) {
      reasons.push(`${name}.sig: ${(error as Error).message}`);
    }
  }
  const last = await git.lastCommitOf(commit, name);
  // What was signed must be what is read: a later commit that left it out and put it back is looked at by itself.
  const isSame = (await git.read(last, name).catch(() => undefined)) === text;
  const signed = isSame
    ? await git.verifyCommit(last, settings.allowedSigners)
    : ({ isGood: false, reason: 'has another text' } as const);
  if (signed.isGood)
    return { kind: 'signed', by: { signedBy: signed.by, source: `${name}, in commit ${last.slice(0, 12)},` } };
  return { kind: 'unsigned', reason: [...reasons, `commit ${last.slice(0, 12)} ${signed.reason}`].join('; ') };
}

function intentOf(text: string): IntentDocument | InvalidInput {
  try {
    return parseIntent(text);
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
}
