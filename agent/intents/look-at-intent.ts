/** Whether what came with a request is an intent, signed by a key that the host's policy pins. Nothing is run for it. */
import { intentBytesMax, intentNamespace, parseIntent } from '../../proto/intent.ts';
import { sha256Of } from '../../shared/digest.ts';
import { type SshPublicKey, verifySshSignature } from '../../shared/sshsig.ts';
import type { IntentPolicy, IntentProof, IntentSeen, IntentUse } from '../core/intent.ts';
import { parseSignedScope, scopeBytesMax } from '../core/signed-scope.ts';
import { signerOfCommit } from './signed-commit.ts';

export function lookAtIntent(
  proof: IntentProof | undefined,
  policy: IntentPolicy,
  usedBy: (nonce: string) => IntentUse,
): IntentSeen {
  if (!proof) return { kind: 'absent' };
  const bytes = Buffer.from(proof.intent);
  if (bytes.length > intentBytesMax)
    return unusable(`it has ${bytes.length} bytes, at most ${intentBytesMax} are read`);
  if (proof.scope.length > scopeBytesMax) {
    return unusable(`its scope has ${proof.scope.length} bytes, at most ${scopeBytesMax} are read`);
  }
  // Who signed comes first: nothing that a stranger wrote is looked into.
  const signer = signerOf(proof, bytes, policy);
  if (signer instanceof Error) return unusable(`its signature: ${signer.message}`);
  if (!policy.keys.includes(signer)) return unusable('it is signed by a key that is not among intents.keys');
  try {
    const document = parseIntent(proof.intent);
    const digest = sha256Of(proof.scope);
    if (digest !== document.scopeDigest) {
      return unusable(`the scope that came with it is ${digest}, and it is for ${document.scopeDigest}`);
    }
    return { kind: 'signed', document, scope: parseSignedScope(proof.scope), used: usedBy(document.nonce) };
  } catch (error) {
    return unusable(error instanceof Error ? error.message : String(error));
  }
}

function signerOf({ signature, commit }: IntentProof, bytes: Buffer, policy: IntentPolicy): SshPublicKey | Error {
  try {
    if (!commit || signature !== '') return verifySshSignature(signature, bytes, intentNamespace);
    const { commitFolder } = policy;
    if (commitFolder !== undefined) return signerOfCommit(commit, bytes, commitFolder);
    throw new Error('it is that of a commit, and only a detached one counts here (intents.commitFolder)');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function unusable(detail: string): IntentSeen {
  return { kind: 'unusable', detail };
}
