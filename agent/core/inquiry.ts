/** What a selector asks of the host beyond what processes say of themselves: looked up once, before anything is matched. */
import type { Pid } from '../../proto/identity.ts';
import type { Selector } from '../../proto/selector.ts';

export interface Inquiry {
  readonly pidfiles: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
  readonly asksCpu: boolean;
  readonly asksArguments: boolean;
}

/** The answers, complete: what could not be answered in full was refused by name. */
export interface Findings {
  /** The process that each file means. */
  readonly pidfiles: ReadonlyMap<string, Pid>;
  /** Every process that holds a listening socket of that port. */
  readonly listeners: ReadonlyMap<number, ReadonlySet<Pid>>;
  /** Of one processor. */
  readonly cpuPercent: ReadonlyMap<Pid, number>;
}

export const noFindings: Findings = {
  pidfiles: new Map(),
  listeners: new Map(),
  cpuPercent: new Map(),
};

export function inquiryOf(selector: Selector): Inquiry {
  const parts = partsOf(selector);
  return {
    pidfiles: new Set(parts.flatMap(({ pidfile }) => pidfile ?? [])),
    ports: new Set(parts.flatMap(({ port }) => port ?? [])),
    asksCpu: parts.some(({ cpuAbovePercent }) => cpuAbovePercent !== undefined),
    asksArguments: parts.some(({ cmdline }) => cmdline !== undefined),
  };
}

/**
 * Whether candidates may be found by what was read of them some seconds ago: not by their memory, which changes all the
 * time, nor by another process, which may have become their parent since.
 */
export function toleratesAge(selector: Selector): boolean {
  return partsOf(selector).every(
    ({ memoryAboveBytes, parent, descendantsOf }) =>
      memoryAboveBytes === undefined && parent === undefined && descendantsOf === undefined,
  );
}

/** Itself and all selectors in it. */
function partsOf(selector: Selector): readonly Selector[] {
  const { parent, descendantsOf, exclude, not, allOf = [], anyOf = [] } = selector;
  const inner = [parent, descendantsOf, exclude, not].filter((part) => part !== undefined);
  return [selector, ...[...inner, ...allOf, ...anyOf].flatMap(partsOf)];
}
