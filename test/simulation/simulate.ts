/** Lives one scenario through, and asks the invariants about it. */

import { violationsIn } from '../invariants/index.ts';
import type { Violation } from '../invariants/invariant.ts';
import type { Observation, RunSeen } from '../invariants/observation.ts';
import { calmDown, happen } from './happen.ts';
import type { Scenario } from './scenario.ts';
import { createWorld, readAudit, type World } from './world.ts';

export interface Simulated {
  readonly violations: readonly Violation[];
  readonly simulatedMs: number;
  readonly events: number;
  readonly seen: Observation;
}

// An error that stands for an answer of a kernel is made often, and nobody reads where: it is most of the time otherwise.
Error.stackTraceLimit = 0;

export function simulate(scenario: Scenario): Simulated {
  const world = createWorld(scenario);
  const { timeline, observer } = world;
  const beganAtMs = timeline.nowMs();
  for (const [number, happening] of scenario.happenings.entries()) {
    timeline.at(beganAtMs + happening.atMs, () => happen(world, happening, number));
  }
  const { calmFromMs } = scenario;
  if (calmFromMs !== undefined) timeline.at(beganAtMs + calmFromMs, () => calmDown(world));
  timeline.runUntil(beganAtMs + scenario.lengthMs);
  for (const { host } of world.agents) readAudit(world, host);
  observer.runs.push(...runsSeen(world));
  const seen = observer.observation();
  return { violations: violationsIn(seen), simulatedMs: scenario.lengthMs, events: timeline.count(), seen };
}

/** One entry for each run with a rule and each stretch of time in which its probe was not well. */
function runsSeen(world: World): readonly RunSeen[] {
  const { serviceHistory, network, observer, closed } = world;
  const hosts = world.agents.map(({ host }) => host.name);
  return world.submitted.flatMap(({ runId, experiment }): RunSeen[] => {
    const run = {
      runId,
      forMs: experiment.abort[0]?.forMs ?? 0,
      staleMs: 5000,
      leaseMs: experiment.leaseTtlMs,
      // An observer who cannot be sure that a word got through does not count on it.
      unreachable: network.wasDisturbed || observer.hasStandstills() ? hosts : [],
      ...(closed.has(runId) ? { closedAtMs: closed.get(runId) as number } : {}),
      ...(experiment.blastRadius.hosts === undefined ? {} : { hostsMax: experiment.blastRadius.hosts }),
    };
    if (experiment.abort.length === 0) return [run];
    const stretches = serviceHistory.flatMap(({ fromMs, state }, index) =>
      state === 'well' ? [] : [{ breachedFromMs: fromMs, breachedUntilMs: serviceHistory[index + 1]?.fromMs }],
    );
    return [
      run,
      ...stretches.map(({ breachedFromMs, breachedUntilMs }) => ({
        ...run,
        breachedFromMs,
        ...(breachedUntilMs === undefined ? {} : { breachedUntilMs }),
      })),
    ];
  });
}
