/** A kernel for faults in which nothing happens but what a test says. */
import type { HeldTarget, HolderKernel } from '../../../../agent/holders/holder-kernel.ts';
import { parsePid } from '../../../../proto/identity.ts';

export function fakeTarget(pid: number): HeldTarget {
  return { identity: { bootId: 'boot', pid: parsePid(pid), startTimeTicks: 1000 + pid }, pidfd: pid };
}

/** @throws Error for every call that the test did not give. */
export function fakeKernel(calls: Partial<HolderKernel>): HolderKernel {
  return new Proxy(calls as HolderKernel, {
    get(given, name) {
      const call = given[name as keyof HolderKernel];
      if (call === undefined) throw new Error(`the fault was not expected to call ${String(name)}`);
      return call;
    },
  });
}
