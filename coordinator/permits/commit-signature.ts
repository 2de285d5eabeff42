/** Who signed a commit: by an SSH key of the allowed signers, which git checks, or by an OpenPGP key, which gpg checks. */
import { parseCommit } from '../../shared/git-object.ts';
import type { CommitSignature, Git } from './git.ts';
import { verifyOpenPgp } from './openpgp-signature.ts';

export interface CommitSigners {
  /** The path of the file of SSH keys. */
  readonly allowedSigners: string;
  /** The text of the file of OpenPGP keys; undefined where there is none. */
  readonly openPgpKeys: string | undefined;
}

export type SignedCommit = CommitSignature & {
  /** Whether by an SSH key, which is what hosts can check. */
  readonly isBySsh: boolean;
};

export async function verifyCommitSignature(git: Git, id: string, signers: CommitSigners): Promise<SignedCommit> {
  const { signature, payload } = parseCommit(await git.object('commit', id));
  if (!signature?.startsWith('-----BEGIN PGP')) {
    return { ...(await git.verifyCommit(id, signers.allowedSigners)), isBySsh: true };
  }
  const { openPgpKeys } = signers;
  if (openPgpKeys === undefined) {
    return { isGood: false, isBySsh: false, reason: 'is signed by OpenPGP, and intents.openPgpKeys names no keys' };
  }
  try {
    return { isGood: true, isBySsh: false, by: await verifyOpenPgp({ keys: openPgpKeys, signature, payload }) };
  } catch (error) {
    const reason = `is not signed by somebody who may: ${(error as Error).message.split('\n')[0]}`;
    return { isGood: false, isBySsh: false, reason };
  }
}
