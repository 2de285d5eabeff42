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
import { commitProof } from './commit-proof.ts';
import { verifyCommitSignature } from './commit-signature.ts';
import { type Git, openGit } from './git.ts';

export interface IntentSettings extends IntentRules {
  readonly allowedSigners: string;
  /** A file of armored public keys, for commits that are signed by OpenPGP. */
  readonly openPgpKeys?: string;
  /** "HEAD", or a branch such as "main". */
  readonly branch: string;
}

const filesMax = 1000;
/** OpenPGP keys run out by themselves, which is looked at again so often. */
const keysFreshMs = 600_000;

export function openIntentFolder(settings: IntentSettings, unixMs: () => number): IntentSource {
  /** By the commit and the signers: neither the text of a commit nor who signed it can change. */
  let read: { readonly key: string; readonly intents: Promise<readonly ReadIntent[]> } | undefined;

  async function intents(): Promise<readonly ReadIntent[]> {
    const signersText = await readFile(settings.allowedSigners, 'utf8');
    const { openPgpKeys: keysPath } = settings;
    const openPgpKeys = keysPath === undefined ? undefined : await readFile(keysPath, 'utf8');
    const git = openGit(await realpath(settings.folder));
    const commit = await git.commitOf(settings.branch);
    const period = openPgpKeys === undefined ? 0 : Math.floor(unixMs() / keysFreshMs);
    const key = [commit, period, signersText, openPgpKeys].join('\n');
    if (read?.key !== key) {
      read = { key, intents: readAll({ git, settings, commit, signersText, openPgpKeys }) };
    }
    return read.intents;
  }

  return {
    commitProof: async ({ id, name }) => commitProof(openGit(await realpath(settings.folder)), id, name),
    async find({ scopeDigest, stage, isForHosts = false }, runsOf): Promise<FoundIntent> {
      const problems: string[] = [];
      const good: SignedIntent[] = [];
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
          isForHosts && vouched.kind === 'signed' && !vouched.by.signature && !vouched.by.commit
            ? `${name}.sig is not there, and its commit is signed by OpenPGP, which hosts do not take`
            : '',
        ].filter((problem) => problem !== '');
        if (wrong.length === 0 && vouched.kind === 'signed') {
          good.push({ ...vouched.by, document, text, runsLeft: document.runs - used });
        }
        problems.push(...wrong.map((each) => `${name}: ${each}`));
      }
      // Every host takes a detached signature, and that of a commit only where its policy says so.
      const intent = good.find(({ signature }) => signature !== undefined) ?? good[0];
      return intent ? { intent, problems: [] } : { problems };
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
  readonly openPgpKeys: string | undefined;
}

async function readAll(reading: Reading): Promise<readonly ReadIntent[]> {
  const { git, settings, commit } = reading;
  const signers = parseAllowedSigners(reading.signersText);
  const names = (await git.list(commit)).filter((name) => name.endsWith('.json'));
  if (names.length > filesMax) {
    throw new Error(`${settings.folder} has ${names.length} intents, at most ${filesMax} are read`);
  }
  const all: ReadIntent[] = [];
  for (const name of names) {
    const text = await git.read(commit, name);
    const vouched = await vouchFor({ ...reading, signers, name, text });
    all.push({ name, text, document: intentOf(text), vouched });
  }
  return all;
}

interface Vouching extends Reading {
  readonly signers: AllowedSigners;
  readonly name: string;
  readonly text: string;
}

type Vouched =
  | { readonly kind: 'signed'; readonly by: Pick<SignedIntent, 'signature' | 'commit' | 'source' | 'signedBy'> }
  | { readonly kind: 'unsigned'; readonly reason: string };

async function vouchFor({ signers, name, text, ...reading }: Vouching): Promise<Vouched> {
  const { git, settings, commit } = reading;
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
    ? await verifyCommitSignature(git, last, { ...reading, allowedSigners: settings.allowedSigners })
    : ({ isGood: false, reason: 'has another text' } as const);
  if (signed.isGood) {
    const source = `${name}, in commit ${last.slice(0, 12)},`;
    const forHosts = signed.isBySsh ? { commit: { id: last, name } } : {};
    return { kind: 'signed', by: { signedBy: signed.by, source, ...forHosts } };
  }
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
