/** The exit codes of `leash`, and the errors that carry one. */

export const exitCodes = {
  /** Done; the hypothesis held. */
  done: 0,
  deviated: 1,
  /** Wrong usage, or an invalid file. */
  usage: 2,
  /** By a limit or a gate, each named. */
  refused: 3,
  /** By a rule, a person, halt. */
  aborted: 4,
  /** Some host has not confirmed that it is restored. */
  unresolved: 5,
  unreachable: 6,
  notAllowed: 7,
  /** Done; whether the hypothesis held was not to be seen. */
  unknown: 8,
  /** A defect of ours (EX_SOFTWARE of sysexits.h); never a statement about an experiment. */
  defect: 70,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A failure whose message is all that there is to say. */
export class CliFailure extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
    this.name = 'CliFailure';
  }
}

export function usageFailure(message: string): CliFailure {
  return new CliFailure(exitCodes.usage, message);
}

export const exitCodeHelp = `
Exit codes:
  0  done; the hypothesis held          4  aborted by a rule, a person or halt
  1  done; the hypothesis deviated      5  some host has not confirmed that it is restored
  2  wrong usage or an invalid file     6  cannot reach the coordinator or agent
  3  refused by a limit or a gate       7  not authenticated or not allowed
                                        8  done; whether the hypothesis held is not known
When several apply, 5 goes before 4 before 1 before 8.`;
