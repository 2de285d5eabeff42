/** An allowed-signers file (ssh-keygen(1), ALLOWED SIGNERS): who signs with which key, and for what. */
import { parsePublicKey, type SshPublicKey } from '../../shared/sshsig.ts';

export interface AllowedSigners {
  /** @returns who signs with this key for this namespace; undefined where nobody may. */
  principalOf(key: SshPublicKey, namespace: string): string | undefined;
}

interface Signer {
  readonly principal: string;
  readonly key: SshPublicKey;
  readonly namespaces: readonly string[];
}

/**
 * Lines that say what is not understood here (cert-authority, valid-after, valid-before) allow nobody.
 * @throws Error that names the line.
 */
export function parseAllowedSigners(text: string): AllowedSigners {
  const signers = text.split('\n').flatMap((line, index) => signerOf(line.trim(), index + 1));
  return {
    principalOf: (key, namespace) =>
      signers.find(
        (signer) => signer.key === key && (signer.namespaces.length === 0 || signer.namespaces.includes(namespace)),
      )?.principal,
  };
}

function signerOf(line: string, number: number): readonly Signer[] {
  if (line === '' || line.startsWith('#')) return [];
  const match =
    /^(?<principal>"[^"]+"|\S+)\s+(?:(?<options>(?!ssh-|ecdsa-|sk-)\S(?:"[^"]*"|[^\s"])*)\s+)?(?<key>\S+\s+\S+)/.exec(
      line,
    );
  const { principal = '', options = '', key = '' } = match?.groups ?? {};
  const namespaces = /^namespaces="([^"]*)"$/i.exec(options)?.[1];
  if (options !== '' && namespaces === undefined) return [];
  try {
    return [
      {
        principal: principal.replaceAll('"', ''),
        key: parsePublicKey(key),
        namespaces: namespaces?.split(',').map((each) => each.trim()) ?? [],
      },
    ];
  } catch (error) {
    throw new Error(`line ${number} of the allowed signers cannot be read: ${(error as Error).message}`);
  }
}
