/** What somebody who has to mend it needs to see of a life that broke an invariant. */
import type { FailedLife } from './worker-order.ts';

const violationsShown = 3;

export function failureText({ scenario, violations }: FailedLife, commit: string): string {
  const { seed, happenings } = scenario;
  const [first] = violations;
  const broken = violations
    .slice(0, violationsShown)
    .map(({ invariant, host, atMs, text }) => `  ${invariant} on ${host} at ${Math.round(atMs)} ms: ${text}`);
  const steps = happenings.map(({ atMs, type, ...rest }) => {
    const details = Object.entries(rest).map(([key, value]) => `${key} ${value}`);
    return `  ${String(Math.round(atMs)).padStart(8)} ms  ${type}${details.length > 0 ? `: ${details.join(', ')}` : ''}`;
  });
  return [
    `${seed}@${commit} breaks ${first?.invariant}:`,
    ...broken,
    `the shortest scenario that was found, ${happenings.length} happenings:`,
    ...steps,
    `  as data: ${JSON.stringify(scenario)}`,
    `again: npm run simulate -- --seed ${seed}`,
  ].join('\n');
}
