/** Selectors as people write them, in a file or on a command line: under these names, with every quantity read. */
import type { leash } from './codec.ts';
import { type Bounds, parseBytes, parsePercent } from './quantity.ts';
import { type Selector, selectorFromWire } from './selector.ts';

/** What each condition means is told in leash/v1/process.proto. */
export interface WrittenSelector {
  readonly name?: string | undefined;
  readonly cmdline?: string | undefined;
  readonly pid?: number | undefined;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  readonly exe?: string | undefined;
  readonly pidfile?: string | undefined;
  readonly unit?: string | undefined;
  readonly cgroup?: string | undefined;
  readonly cgroupTree?: string | undefined;
  readonly container?: string | undefined;
  readonly port?: number | undefined;
  /** In bytes. */
  readonly memoryAbove?: number | undefined;
  /** In percent of one processor. */
  readonly cpuAbove?: number | undefined;
  readonly parent?: WrittenSelector | undefined;
  readonly descendantsOf?: WrittenSelector | undefined;
  readonly exclude?: WrittenSelector | undefined;
  readonly allOf?: readonly WrittenSelector[] | undefined;
  readonly anyOf?: readonly WrittenSelector[] | undefined;
  readonly not?: WrittenSelector | undefined;
}

const memoryAboveBounds: Bounds = { minimum: 1, maximum: Number.MAX_SAFE_INTEGER };
const cpuAboveBounds: Bounds = { minimum: 0.01, maximum: 1_000_000 };

/**
 * By the contract's own door, so that a file or a command line accepts just what an agent does.
 *
 * @throws InvalidInput whose path begins with the one given.
 */
export function selectorFromWritten(written: WrittenSelector, path: string): Selector {
  return selectorFromWire(toWire(written), path);
}

/** "512MiB" to bytes. @throws InvalidInput */
export function parseMemoryAbove(value: unknown, path: string): number {
  return parseBytes(value, path, memoryAboveBounds);
}

/** "50%", or "250%" for two processors and a half. @throws InvalidInput */
export function parseCpuAbove(value: unknown, path: string): number {
  return parsePercent(value, path, cpuAboveBounds);
}

function toWire(written: WrittenSelector): leash.v1.ISelector {
  const { memoryAbove, cpuAbove, parent, descendantsOf, exclude, allOf, anyOf, not, ...conditions } = written;
  const wire = {
    ...conditions,
    memoryAboveBytes: memoryAbove,
    cpuAbovePercent: cpuAbove,
    parent: parent && toWire(parent),
    descendantsOf: descendantsOf && toWire(descendantsOf),
    exclude: exclude && toWire(exclude),
    allOf: allOf?.map(toWire),
    anyOf: anyOf?.map(toWire),
    not: not && toWire(not),
  };
  return Object.fromEntries(Object.entries(wire).filter(([, value]) => value !== undefined));
}
