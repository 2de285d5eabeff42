/** A round as its observer saw it, for the same invariants that the simulation is held to. */
import { nothingSeen, type Observation, type Standstill } from '../invariants/observation.ts';
import type { Death, Scenario } from './scenario.ts';

/** All instants in milliseconds of CLOCK_MONOTONIC; nothing suspends a host during the storm. */
export interface RoundSeen {
  readonly place: string;
  readonly scenario: Scenario;
  readonly key: string;
  readonly faultId: string;
  /** 0 for a fault of the host. */
  readonly pid: number;
  readonly leaseMs: number;
  readonly askedAtMs: number;
  /** By then it was seen to be held. */
  readonly heldAtMs: number;
  readonly struckAtMs: number;
  /** Absent where it was not let go of as long as somebody looked. */
  readonly letGoAtMs: number | undefined;
  readonly untilMs: number;
}

/** The machine is shared, and overloaded by the storm itself. */
const epsilonMs = 500;
const durationMs = 60_000;

export function observationOf(seen: RoundSeen): Observation {
  const { place: host, faultId, key, scenario } = seen;
  const isAimed = seen.pid !== 0;
  const isJournal = host === 'journal';
  const process = String(seen.pid);
  const ask = {
    type: 'inject',
    key,
    runId: '',
    kind: scenario.kind,
    targets: isAimed ? [process] : [],
    ttlMs: seen.leaseMs,
    durationMs,
    haltEpoch: 1,
    hasConsent: false,
  } as const;
  return {
    ...nothingSeen,
    epsilonMs,
    untilMs: seen.untilMs,
    hosts: [{ host, processesMax: 64, faultsMax: 64, survivorsMin: 0 }],
    told: [{ host, atMs: seen.heldAtMs, faultId, key, runId: '' }],
    grips: [
      {
        host,
        faultId,
        ...(isAimed ? { process } : {}),
        how: isAimed ? (isJournal ? 'stopped' : 'traced') : 'stressed',
        binding: isJournal ? 'journal' : 'kernel',
        fromMs: seen.heldAtMs,
        ...(seen.letGoAtMs === undefined ? {} : { untilMs: seen.letGoAtMs }),
      },
    ],
    exchanges: [
      { host, atMs: seen.askedAtMs, ask, answer: { kind: 'done', atMs: seen.heldAtMs, faultId } },
      ...asked(scenario.death, host, seen.struckAtMs),
    ],
    standstills: standing(scenario.death, host, faultId, seen.struckAtMs),
  };
}

function asked(death: Death, host: string, atMs: number): Observation['exchanges'] {
  if (death === 'restore') return [{ host, atMs, ask: { type: 'restore' } }];
  return death === 'halt' ? [{ host, atMs, ask: { type: 'halt', requestId: 'storm' } }] : [];
}

function standing(death: Death, host: string, faultId: string, fromMs: number): readonly Standstill[] {
  const isOfBoth = death === 'crash-loop' || death === 'hostile-journal';
  return [
    ...(isOfBoth || death.includes('agent') ? [{ host, what: 'agent', fromMs } as const] : []),
    ...(isOfBoth || death.includes('holder') ? [{ host, what: 'holder', faultId, fromMs } as const] : []),
    ...(death.startsWith('coordinator') ? [{ host, what: 'coordinator', fromMs } as const] : []),
  ];
}
