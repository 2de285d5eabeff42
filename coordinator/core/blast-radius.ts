/** How far an experiment may reach. Each bound is checked by itself, and each refusal has the number and the bound. */
import type { BlastRadius } from './experiment.ts';

/** What a plan would touch on one host. */
export interface Reach {
  readonly host: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Distinct processes on this host. */
  readonly processes: number;
}

/**
 * @param fleetSize the hosts of the whole inventory: what `hostsPercent` is of.
 * @param services those that are aimed at, and those that are depended on.
 */
export function exceededBounds(
  radius: BlastRadius,
  reach: readonly Reach[],
  fleetSize: number,
  services: readonly string[] = [],
): readonly string[] {
  return [
    ...hostsExceeded(radius, reach),
    ...percentExceeded(radius, reach, fleetSize),
    ...placesExceeded('zone', radius.zones, reach),
    ...placesExceeded('region', radius.regions, reach),
    ...servicesExceeded(radius, services),
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

/** A host whose zone or region is not known could be in any, so it counts as one of its own. */
function placesExceeded(label: 'zone' | 'region', max: number | undefined, reach: readonly Reach[]): readonly string[] {
  if (max === undefined) return [];
  const touched = [...new Set(reach.map(({ host, labels }) => labels[label] ?? `unknown (${host})`))].sort();
  if (touched.length <= max) return [];
  return [`${counted(touched.length, label)} (${touched.join(', ')}), at most ${max} allowed by blastRadius.${label}s`];
}

function servicesExceeded({ services: max }: BlastRadius, services: readonly string[]): readonly string[] {
  const named = [...new Set(services)].sort();
  if (max === undefined || named.length <= max) return [];
  return [`${counted(named.length, 'service')} (${named.join(', ')}), at most ${max} allowed by blastRadius.services`];
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
