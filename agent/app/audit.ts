/** `leash-agent audit`: checks and searches the audit of this host, or a copy of one. */
import {
  findRecords,
  recordText,
  verificationDocument,
  verificationText,
  verifyFiles,
  type WrittenQuery,
  type WrittenVerify,
} from '../../shared/audit-tool.ts';
import { exitCodes } from './exit-code.ts';
import { print } from './print.ts';

export async function verifyAudit(paths: readonly string[], written: WrittenVerify, isJson: boolean): Promise<number> {
  const found = await verifyFiles(paths, written);
  const code = found.isIntact ? exitCodes.done : exitCodes.usage;
  if (isJson) return print(code, verificationDocument(found));
  process.stdout.write(`${verificationText(found).join('\n')}\n`);
  return code;
}

export async function searchAudit(paths: readonly string[], written: WrittenQuery, isJson: boolean): Promise<number> {
  const records = [];
  for await (const record of findRecords(paths, written)) {
    if (isJson) records.push(record);
    else process.stdout.write(`${recordText(record)}\n`);
  }
  return isJson ? print(exitCodes.done, { records }) : exitCodes.done;
}

export async function exportAudit(paths: readonly string[], written: WrittenQuery): Promise<number> {
  for await (const record of findRecords(paths, written)) process.stdout.write(`${JSON.stringify(record)}\n`);
  return exitCodes.done;
}
