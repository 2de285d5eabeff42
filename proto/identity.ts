/** The identity of a process: a pid alone is recycled, so it never stands for a process by itself. */
import type { leash } from './codec.ts';
import { InvalidInput, integerIn, text } from './invalid-input.ts';

declare const pidBrand: unique symbol;

/** A process id that was checked: an integer from 1 to 4194304 (PID_MAX_LIMIT, proc(5)). Only `parsePid` makes one. */
export type Pid = number & { readonly [pidBrand]: true };

export const pidMax = 4_194_304;

/** @throws InvalidInput for anything but an integer from 1 to 4194304; strings, 0, -1 and NaN included. */
export function parsePid(value: unknown, path = 'pid'): Pid {
  return integerIn(value, path, 1, pidMax) as Pid;
}

/** One process of one boot. Ticks are those of field 22 of /proc/PID/stat (proc(5)). */
export interface ProcessIdentity {
  readonly bootId: string;
  readonly pid: Pid;
  readonly startTimeTicks: number;
}

/** A stable text of an identity, for maps and digests. */
export function identityKey(identity: ProcessIdentity): string {
  return `${identity.bootId}/${identity.pid}/${identity.startTimeTicks}`;
}

export function sameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.startTimeTicks === other.startTimeTicks && one.bootId === other.bootId;
}

/** The text whose SHA-256 is a targets digest: one key a line, sorted, so that the order of matching does not matter. */
export function canonicalTargets(targets: readonly ProcessIdentity[]): string {
  return targets.map(identityKey).sort().join('\n');
}

export function identityFromWire(wire: leash.v1.IProcessIdentity | null | undefined, path: string): ProcessIdentity {
  if (wire === null || wire === undefined) throw new InvalidInput(path, 'nothing', 'must name a process');
  return {
    bootId: text(wire.bootId, `${path}.boot_id`, {
      lengthMin: 1,
      lengthMax: 64,
    }),
    pid: parsePid(wire.pid ?? 0, `${path}.pid`),
    startTimeTicks: integerIn(wire.startTimeTicks ?? 0, `${path}.start_time_ticks`, 0, Number.MAX_SAFE_INTEGER),
  };
}
