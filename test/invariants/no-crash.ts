/** S17: nothing that comes in crashes a program of ours, or makes it stand still. */
import { type Invariant, violationOf } from './invariant.ts';

const violation = violationOf('S17');

export const noCrash: Invariant = {
  id: 'S17',
  claim: 'no input ends a program or makes it stand still',
  check: (seen) =>
    seen.accidents
      .filter(({ what }) => what === 'crash' || what === 'stall')
      .map(({ host, atMs, what, detail }) => violation(host, atMs, `${what}: ${detail}`)),
};
