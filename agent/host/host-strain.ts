/** How much the host has to do: its load (proc_loadavg(5)), and how long others wait for what (PSI, psi.rst of the kernel). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostFigures } from '../limits/limit.ts';

/** About 60 µs. What cannot be read is undefined: a kernel may have no PSI, or be booted without it. */
export function readHostStrain(procRoot = '/proc'): Pick<HostFigures, 'loadAverage' | 'pressurePercent'> {
  const pressure = (resource: string): number | undefined =>
    figureIn(join(procRoot, 'pressure', resource), /^some avg10=(\d+(?:\.\d+)?)/m);
  return {
    loadAverage: figureIn(join(procRoot, 'loadavg'), /^(\d+(?:\.\d+)?) /),
    pressurePercent: { cpu: pressure('cpu'), memory: pressure('memory'), io: pressure('io') },
  };
}

function figureIn(path: string, expression: RegExp): number | undefined {
  try {
    const figure = expression.exec(readFileSync(path, 'latin1'))?.[1];
    return figure === undefined ? undefined : Number(figure);
  } catch {
    // Not there, or reading says EOPNOTSUPP (booted with psi=0).
    return undefined;
  }
}
