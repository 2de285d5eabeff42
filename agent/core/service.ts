/** What a process is a part of: a fault that hit one worker is over for the service, and not for that worker alone. */
import { containersIn } from './container.ts';
import type { ProcessFacts } from './process.ts';

/** "unit nginx.service", or else the container, the program, the name. */
export function serviceOf({ unit, cgroup, exe, name }: ProcessFacts): string {
  if (unit !== undefined) return `unit ${unit}`;
  const container = containersIn(cgroup).at(-1);
  if (container !== undefined) return `container ${container}`;
  return exe === undefined ? `name ${name}` : `program ${exe}`;
}

/** Each of them once. */
export function servicesOf(processes: readonly ProcessFacts[]): readonly string[] {
  return [...new Set(processes.map(serviceOf))];
}
