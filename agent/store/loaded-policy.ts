/** A policy, and where it is from. */
import { defaultPolicy, type HostPolicy } from '../core/policy.ts';

export interface LoadedPolicy {
  readonly policy: HostPolicy;
  /** The path, or that there is no file and the built-in defaults hold. */
  readonly source: string;
  /** Where the file says what it says: lines, from 1, by the paths of its keys ("protect.ports"). */
  readonly lines: ReadonlyMap<string, number>;
}

export function builtInPolicy(path: string): LoadedPolicy {
  return {
    policy: defaultPolicy,
    source: `built-in defaults, since ${path} does not exist`,
    lines: new Map(),
  };
}
