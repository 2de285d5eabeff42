/** The error with which a handler says no. It carries every reason at once. */
import type { Refusal } from './refusal.ts';

export class Refused extends Error {
  constructor(readonly refusals: readonly Refusal[]) {
    super(refusals.map((refusal) => refusal.message).join('; '));
    this.name = 'Refused';
  }
}
