/** S20: what cannot be undone takes the strictest path. */
import { type Invariant, type Violation, violationOf } from './invariant.ts';
import type { Act, Observation } from './observation.ts';

const violation = violationOf('S20');
const stops = ['SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'];

export const irreversible: Invariant = {
  id: 'S20',
  claim: 'nothing is killed without consent, beyond the cap of the host, or stopped by a signal that nothing holds',
  check: (seen) => seen.acts.filter((act) => act.what === 'signal').flatMap((act) => reasonsAgainst(seen, act)),
};

function reasonsAgainst(seen: Observation, act: Act): readonly Violation[] {
  const keys = seen.told.filter((each) => each.faultId === act.faultId).map((each) => each.key);
  const asks = seen.exchanges.flatMap(({ ask }) => (ask.type === 'inject' && keys.includes(ask.key) ? [ask] : []));
  const cap = seen.hosts.find(({ host }) => host === act.host)?.processesMax ?? Number.POSITIVE_INFINITY;
  const hit = new Set(seen.acts.filter((each) => each.faultId === act.faultId).map((each) => each.process)).size;
  return [
    ...(stops.includes(act.signal ?? '') ? [`${act.signal} was sent to ${act.process}`] : []),
    ...(asks.length > 0 && !asks.some((ask) => ask.hasConsent) ? [`${act.process} was hit without consent`] : []),
    ...(hit > cap ? [`${hit} processes were hit, at most ${cap} allowed`] : []),
  ].map((text) => violation(act.host, act.atMs, text));
}
