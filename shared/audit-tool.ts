/** What `leash audit` and `leash-agent audit` do: the same on either side, and offline on copied files. */
import { readFile } from 'node:fs/promises';
import { InvalidInput } from '../proto/invalid-input.ts';
import { parsePublicKey } from './audit-key.ts';
import { type AuditQuery, type FoundRecord, searchAudit } from './audit-search.ts';
import { type AuditVerification, verifyAudit, type Window } from './audit-verify.ts';

export interface WrittenVerify {
  readonly key?: readonly string[];
  readonly against?: readonly string[];
  readonly partial?: boolean;
}

export interface WrittenQuery {
  readonly by?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly phase?: string;
  readonly text?: string;
  readonly since?: string;
  readonly until?: string;
}

/** For the help of both programs: option, what it is. */
export const verifyOptionsHelp: readonly (readonly [string, string])[] = [
  ['--key <file...>', 'public keys (audit.pub) of this side and of those who countersign'],
  ['--against <path...>', 'audits of the other side, which keep checkpoints of this one'],
  ['--partial', 'what was put aside before the first file is kept elsewhere'],
];

export const queryOptionsHelp: readonly (readonly [string, string])[] = [
  ['--by <name>', 'who; a part of the name does'],
  ['--action <word>', 'what: inject, receipt, halt, refused, …'],
  ['--subject <id>', 'to what: a fault, a run, a host; a part does'],
  ['--phase <word>', 'intent, outcome, refusal or note'],
  ['--text <text>', 'anywhere in the record'],
  ['--since <time>', 'ISO 8601, such as 2026-11-27T13:00:00Z'],
  ['--until <time>', 'ISO 8601'],
];

/** @throws InvalidInput for a key file that is none; Error for files that cannot be read. */
export async function verifyFiles(paths: readonly string[], written: WrittenVerify): Promise<AuditVerification> {
  const keys = await Promise.all((written.key ?? []).map(readPublicKey));
  return verifyAudit({ paths, keys, against: written.against ?? [], isPartial: written.partial === true });
}

/** JSON: { intact, log, files, records, firstSequence, lastSequence, hash, checkpoints, lastCheckpoint, window, problems, remarks } */
export function verificationDocument(found: AuditVerification): object {
  return {
    intact: found.isIntact,
    log: found.log ?? null,
    files: found.files,
    records: found.lines,
    firstSequence: found.firstSequence,
    lastSequence: found.end.sequence,
    hash: found.end.hash,
    checkpoints: found.checkpoints,
    lastCheckpoint: found.lastVouched ?? null,
    window: found.window ?? null,
    problems: found.problems,
    remarks: found.remarks,
  };
}

export function verificationText(found: AuditVerification): readonly string[] {
  const { isIntact, log, lines, firstSequence, end, lastVouched, window, problems, remarks } = found;
  const last =
    lastVouched &&
    `record ${lastVouched.sequence}, countersigned by ${lastVouched.witness}, ${iso(lastVouched.atUnixMs)}`;
  return [
    `${isIntact ? 'intact     ' : 'NOT INTACT '} ${lines} records, ${firstSequence} to ${end.sequence}${log ? `, of ${log}` : ''}`,
    `vouched     ${last ? `up to ${last}` : 'nothing'}`,
    `not vouched ${window ? windowText(window) : 'nothing'}`,
    ...problems.map((problem) => `PROBLEM     ${problem}`),
    ...remarks.map((remark) => `remark      ${remark}`),
  ];
}

/** @throws InvalidInput for a time that is none. */
export function findRecords(paths: readonly string[], written: WrittenQuery): AsyncGenerator<FoundRecord> {
  const { since, until, ...rest } = written;
  const query: AuditQuery = {
    ...pick(rest),
    ...(since === undefined ? {} : { sinceUnixMs: timeOf('--since', since) }),
    ...(until === undefined ? {} : { untilUnixMs: timeOf('--until', until) }),
  };
  return searchAudit(paths, query);
}

export function recordText(record: FoundRecord): string {
  const { sequence, atUnixMs, phase, by, action, subject, detail } = record;
  const what = [action, subject].filter((part) => part !== undefined && part !== '').join(' ');
  return `${sequence}  ${iso(Number(atUnixMs ?? 0))}  ${phase ?? ''}  ${by ?? ''}  ${what}  ${detail ?? ''}`.trimEnd();
}

function pick({ by, action, subject, phase, text }: WrittenQuery): AuditQuery {
  return Object.fromEntries(
    Object.entries({ by, action, subject, phase, text }).filter(([, value]) => value !== undefined),
  );
}

function windowText({ fromSequence, toSequence, fromUnixMs, toUnixMs }: Window): string {
  const count = toSequence - fromSequence + 1;
  return `records ${fromSequence} to ${toSequence} (${count}), from ${iso(fromUnixMs)} to ${iso(toUnixMs)}`;
}

async function readPublicKey(path: string): Promise<string> {
  const pem = await readFile(path, 'utf8');
  try {
    return parsePublicKey(pem);
  } catch {
    throw new InvalidInput('--key', path, 'must be a file with an Ed25519 public key in PEM, such as audit.pub');
  }
}

function timeOf(option: string, text: string): number {
  const unixMs = Date.parse(text);
  if (!Number.isFinite(unixMs)) throw new InvalidInput(option, text, 'must be a time such as 2026-11-27T13:00:00Z');
  return unixMs;
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
