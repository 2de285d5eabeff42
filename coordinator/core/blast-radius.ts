/** How far an experiment may reach. Each bound is checked by itself, and each refusal has the number and the bound. */
import type { BlastRadius } from './experiment.ts';

/** What a plan would touch on one host. */
export interface Reach {
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Distinct processes on this host. */
  readonly processes: number;
}

/** @param fleetSize the hosts of the whole inventory: what `hostsPercent` is of. */
export function exceededBounds(radius: BlastRadius, reach: readonly Reach[], fleetSize: number): readonly string[] {
  return [
    ...hostsExceeded(radius, reach),
    ...percentExceeded(radius, reach, fleetSize),
    ...zonesExceeded(radius, reach),
    ...processesExceeded(radius, reach),
    ...tiersExceeded(radius, reach),
  ];
}

function hostsExceeded({ hosts }: BlastRadius, reach: readonly Reach[]): readonly string[] {
  if (hosts === undefined || reach.length <= hosts) return [];
  return [`${counted(reach.length, 'host')}, at most ${hosts} allowed by blastRadius.hosts`];
}

function percentExceeded({ hostsPercent }: BlastRadius, reach: readonly Reach[], fleetSize: number): readonly string[] {
  if (hostsPercent === undefined || reach.length === 0) return [];
  const allowed = Math.floor((hostsPercent * fleetSize) / 100);
  if (reach.length <= allowed) return [];
  const bound = `at most ${allowed} allowed by blastRadius.hostsPercent (${hostsPercent}% of ${counted(fleetSize, 'host')}`;
  return [`${counted(reach.length, 'host')}, ${bound}${allowed === 0 ? ', which is never rounded up' : ''})`];
}

/** A host whose zone is not known could be in any, so it counts as one of its own. */
function zonesExceeded({ zones }: BlastRadius, reach: readonly Reach[]): readonly string[] {
  if (zones === undefined) return [];
  const touched = [...new Set(reach.map(({ host, labels }) => labels.zone ?? `unknown (${host})`))].sort();
  if (touched.length <= zones) return [];
  return [`${counted(touched.length, 'zone')} (${touched.join(', ')}), at most ${zones} allowed by blastRadius.zones`];
}

function processesExceeded({ processesPerHost }: BlastRadius, reach: readonly Reach[]): readonly string[] {
  if (processesPerHost === undefined) return [];
  return reach
    .filter(({ processes }) => processes > processesPerHost)
    .map(
      ({ host, processes }) =>
        `${counted(processes, 'process', 'processes')} on ${host}, ` +
        `at most ${processesPerHost} allowed by blastRadius.processesPerHost`,
    );
}

/** A host without a tier is refused where tiers are bounded: it could be the most important one. */
function tiersExceeded({ tiers }: BlastRadius, reach: readonly Reach[]): readonly string[] {
  if (tiers === undefined) return [];
  const allowed: readonly string[] = tiers;
  return reach
    .filter(({ labels }) => !allowed.includes(labels.tier ?? ''))
    .map(
      ({ host, labels }) =>
        `${host} has ${labels.tier ? `tier ${labels.tier}` : 'no tier'}, ` +
        `only ${allowed.join(', ')} allowed by blastRadius.tiers`,
    );
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
