/** What the provocations of defects are made of. */
import type { AgentTraits, ExperimentDrawn, Happening, InjectDrawn, Scenario } from '../simulation/scenario.ts';
import type { Provocation } from './mutant.ts';

/** Holds by ptrace: the kernel binds it. */
export const tracing: AgentTraits = {
  canTrace: true,
  hasSupervisor: true,
  processesMax: 4,
  faultsMax: 4,
  survivorsMin: 0,
  pidMax: 32_768,
};

/** Holds by SIGSTOP: the journal binds it. */
export const stopping: AgentTraits = { ...tracing, canTrace: false };

const pause: InjectDrawn = {
  kind: 'process.pause',
  choice: 'one',
  percent: 50,
  durationMs: 40_000,
  leaseMs: 10_000,
  renewals: 0,
  renewEveryMs: 3000,
  ending: 'none',
  endAfterMs: 500,
  thinkMs: 0,
  hasConsent: false,
};

/** Stress of one host for a minute, by a coordinator. */
const stress: ExperimentDrawn = {
  kind: 'stress.cpu',
  hosts: 'one',
  hostsMax: 1,
  choice: 'one',
  percent: 50,
  durationMs: 60_000,
  leaseMs: 10_000,
  hasRule: false,
  groups: 1,
};

export function scenarioOf({ host, happenings }: Provocation): Scenario {
  return { seed: 1, agents: [host], coordinators: 1, lengthMs: 120_000, happenings };
}

export function submitAt(atMs: number, drawn: Partial<ExperimentDrawn> = {}): Happening {
  return { atMs, type: 'submit', coordinator: 0, ...stress, ...drawn };
}

/** By hand, on the first host. */
export function injectAt(atMs: number, drawn: Partial<InjectDrawn> = {}): Happening {
  return { atMs, type: 'inject', agent: 0, ...pause, ...drawn };
}

export function haltAt(atMs: number): Happening {
  return { atMs, type: 'halt', agent: 0, isSameId: false, delayMs: 0 };
}
