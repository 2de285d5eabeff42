/** S18: beside a record that this version does not know, what is known is restored and nothing new is accepted. */
import { type Invariant, violationOf } from './invariant.ts';
import type { Act } from './observation.ts';

const violation = violationOf('S18');

export const unknownRecord: Invariant = {
  id: 'S18',
  claim: 'nothing new is touched while the journal holds a record that cannot be read',
  check: (seen) =>
    seen.accidents
      .filter(({ what }) => what === 'journal-damaged')
      .flatMap(({ host, atMs }) => {
        const mended = seen.accidents.find(
          (each) => each.host === host && each.what === 'journal-mended' && each.atMs >= atMs,
        );
        return seen.acts
          .filter((act) => act.host === host && !isUndo(act) && act.atMs > atMs)
          .filter((act) => act.atMs < (mended?.atMs ?? Number.POSITIVE_INFINITY))
          .map((act) => violation(host, act.atMs, `${act.what} beside a record that cannot be read`));
      }),
};

function isUndo({ what }: Act): boolean {
  return what === 'continue' || what === 'put-back';
}
