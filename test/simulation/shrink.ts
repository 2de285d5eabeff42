/** Finds a short scenario that still breaks the same invariant: leaves out what is not needed, as long as it fails. */
import type { Happening, Scenario } from './scenario.ts';
import type { FailedLife } from './worker-order.ts';

/** @returns undefined for a scenario that breaks nothing. */
export async function shrink(
  scenario: Scenario,
  live: (scenario: Scenario) => Promise<FailedLife | undefined>,
): Promise<FailedLife | undefined> {
  const first = await live(scenario);
  if (!first) return undefined;
  const invariant = first.violations[0]?.invariant;
  const failing = async (happenings: readonly Happening[]): Promise<FailedLife | undefined> => {
    const failed = await live({ ...scenario, happenings });
    const violations = failed?.violations.filter((each) => each.invariant === invariant) ?? [];
    return failed && violations.length > 0 ? { ...failed, violations } : undefined;
  };
  let shortest = first;
  for (let size = Math.ceil(scenario.happenings.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < shortest.scenario.happenings.length; ) {
      const { happenings } = shortest.scenario;
      const shorter = await failing([...happenings.slice(0, from), ...happenings.slice(from + size)]);
      if (shorter) shortest = shorter;
      else from += size;
    }
  }
  return shortest;
}
