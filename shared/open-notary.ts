/** The key of an audit, and the notary over both; and a word in the audit on whose it is. */
import { auditRecord } from './audit-chain.ts';
import { openAuditKey } from './audit-key.ts';
import { createNotary, type Notary, type NotaryOptions } from './notary.ts';

/**
 * @returns undefined where there can be no key, which is told by `warn`: the audit is kept all the same, and nobody
 * countersigns it.
 */
export async function openNotary(
  options: Omit<NotaryOptions, 'key'> & { readonly directory: string },
): Promise<Notary | undefined> {
  const { audit, directory, log, unixMs, warn } = options;
  try {
    const key = await openAuditKey(directory);
    if (key.isNew || audit.end().sequence === 0) {
      const isLost = audit.end().sequence === 0 && !key.isNew;
      const detail = isLost ? 'an audit of this key was here before, and is not any more' : 'signed by this key';
      const record = { atUnixMs: unixMs(), by: 'audit', action: 'audit-began', subject: log, detail };
      await audit.append(auditRecord({ ...record, key: key.publicKey }));
      if (isLost) warn('the audit is gone, and began anew', new Error(`${directory}/audit.jsonl was not there`));
    }
    return createNotary({ ...options, key });
  } catch (error) {
    warn('the audit has no checkpoints, since its key cannot be used', error);
    return undefined;
  }
}
