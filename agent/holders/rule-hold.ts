/** Rules of the packet filter, held by the netlink socket of this process (nft(8), "flags owner"). */

import { openNftables } from '../host/native/libnftables.ts';
import { readUnlessGone } from '../host/read-stat.ts';
import { HoldFailure } from './hold-failure.ts';
import type { HeldRules } from './holder-kernel.ts';

const cgroupRoot = '/sys/fs/cgroup';
/** The unified hierarchy, alone or beside the old ones (cgroups(7)). */
const hierarchies = ['', 'unified/'];

/** @throws HoldFailure fault-unavailable in the words of nft; the kernel has taken nothing then. */
export function holdRules(script: string): HeldRules {
  // An owner is what ends the rules. A table without one would stay for ever.
  if (!script.includes('{ flags owner;')) throw new Error('rules without an owner are not made');
  let nftables: ReturnType<typeof openNftables>;
  try {
    nftables = openNftables();
  } catch (error) {
    throw new HoldFailure(
      'fault-unavailable',
      `nft is not to be had: ${error instanceof Error ? error.message : error}`,
    );
  }
  const objection = nftables.run(script);
  if (objection !== undefined) {
    nftables.close();
    throw new HoldFailure('fault-unavailable', `nft: ${objection}`);
  }
  return { release: nftables.close };
}

/** nft(8) looks a cgroup up by its path below /sys/fs/cgroup. */
export function findCgroup(path: string): { readonly path: string; readonly level: number } | undefined {
  const level = path.split('/').length;
  for (const hierarchy of hierarchies) {
    // Only a cgroup of the unified hierarchy has this file.
    const type = readUnlessGone(`${cgroupRoot}/${hierarchy}${path}/cgroup.type`);
    if (type !== undefined) return { path: `${hierarchy}${path}`, level };
  }
  return undefined;
}
