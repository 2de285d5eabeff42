/** A rule that cannot be used, with the offset in its text. */
export class RuleProblem extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
    this.name = 'RuleProblem';
  }
}
