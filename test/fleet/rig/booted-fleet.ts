/** Whether hosts can be booted here, and what stands in place of `it` in tests that boot some. */
import { findProgram, unless } from '../../rig/requirement.ts';

export { type BootedFleet, bootFleet } from './boot-fleet.ts';

const isBootable =
  process.getuid?.() === 0 &&
  ['systemd-nspawn', 'debootstrap', 'ip', 'nft', 'nsenter'].every((name) => findProgram(name));

/** In place of `it`. */
export const bootedTest = unless(
  isBootable,
  'root, systemd-nspawn (package systemd-container), debootstrap, ip (iproute2) and nft (nftables)',
);
export { isBootable };
