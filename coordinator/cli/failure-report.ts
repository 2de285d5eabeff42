/** From "unknown was thrown" to what a person reads, what a tool reads, and an exit code: the one door of the CLI. */
import { CommanderError } from 'commander';
import { InvalidInput } from '../../proto/invalid-input.ts';
import type { Refusal } from '../../proto/refusal.ts';
import { TlsProblem } from '../../shared/tls-files.ts';
import { CallFailure, type CallFailureKind } from '../client/call-failure.ts';
import { type FileProblem, FileProblems, formatFileProblem } from '../experiment/file-problem.ts';
import { CliFailure, type ExitCode, exitCodes } from './exit-code.ts';

export interface FailureReport {
  readonly exitCode: ExitCode;
  /** Without the program's name in front. */
  readonly messages: readonly string[];
  /** Commander has printed its message already; a file's problems begin with the file instead of our name. */
  readonly shownAs: 'already' | 'ours' | 'verbatim';
  readonly problems: readonly FileProblem[];
  readonly refusals: readonly Refusal[];
}

export function failureReport(error: unknown): FailureReport {
  const report = (exitCode: ExitCode, message: string, more: Partial<FailureReport> = {}): FailureReport => ({
    exitCode,
    messages: [message],
    shownAs: 'ours',
    problems: [],
    refusals: [],
    ...more,
  });
  if (error instanceof CommanderError) {
    return report(error.exitCode === 0 ? exitCodes.done : exitCodes.usage, error.message, { shownAs: 'already' });
  }
  if (error instanceof CliFailure) return report(error.exitCode, error.message);
  if (error instanceof FileProblems) {
    const messages = error.problems.map(formatFileProblem);
    return report(exitCodes.usage, '', { messages, shownAs: 'verbatim', problems: error.problems });
  }
  if (error instanceof TlsProblem) {
    return report(error.kind === 'files' ? exitCodes.usage : exitCodes.notAllowed, error.message);
  }
  if (error instanceof CallFailure) {
    const { refusals } = error;
    const messages = refusals.length > 0 ? refusals.map((each) => `refused: ${refusalText(each)}`) : [error.message];
    return report(callExitCode(error.kind), '', { messages, refusals });
  }
  if (error instanceof InvalidInput) return report(exitCodes.usage, error.message);
  if (isAboutOutside(error)) return report(exitCodes.usage, error.message);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return report(exitCodes.defect, `a defect in leash itself, please report it: ${text}`);
}

/** What the operating system or a file said while a program was set up; an error of the language is our own mistake. */
function isAboutOutside(error: unknown): error is Error {
  const isOfLanguage = [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error instanceof kind);
  return error instanceof Error && !isOfLanguage;
}

function callExitCode(kind: CallFailureKind): ExitCode {
  switch (kind) {
    case 'unreachable':
    case 'failed':
      return exitCodes.unreachable;
    case 'not-allowed':
      return exitCodes.notAllowed;
    case 'refused':
      return exitCodes.refused;
    case 'invalid':
    case 'not-found':
      return exitCodes.usage;
  }
}

/** "target-protected: pid 1 is the init of the host" */
export function refusalText(refusal: { readonly reason: string; readonly message: string }): string {
  return `${refusal.reason}: ${refusal.message}`;
}
