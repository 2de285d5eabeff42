/** All limits of a host. A proposal must pass each one, and is told every "no" at once. */
import type { Refusal } from '../../proto/refusal.ts';
import { bindingAllowedLimit } from './binding-allowed.ts';
import { callersLimit } from './callers.ts';
import { changeAllowedLimit } from './change-allowed.ts';
import { consentLimit } from './consent.ts';
import { coolDownLimit } from './cool-down.ts';
import { cpuLimit } from './cpu.ts';
import { diskLimit } from './disk.ts';
import { diskFloorLimit } from './disk-floor.ts';
import { durationLimit } from './duration.ts';
import { faultAllowedLimit } from './fault-allowed.ts';
import { faultsAtOnceLimit } from './faults-at-once.ts';
import { injectRateLimit } from './inject-rate.ts';
import { ioLimit } from './io.ts';
import { leaseLimit } from './lease.ts';
import type { Limit, LimitFacts, Proposal } from './limit.ts';
import { loadLimit } from './load.ts';
import { memoryLimit } from './memory.ts';
import { memoryFloorLimit } from './memory-floor.ts';
import { niceLimit } from './nice.ts';
import { openFilesFloorLimit } from './open-files-floor.ts';
import { pathAllowedLimit } from './path-allowed.ts';
import { pressureLimit } from './pressure.ts';
import { processesLimit } from './processes.ts';
import { processesPercentLimit } from './processes-percent.ts';
import { programAllowedLimit } from './program-allowed.ts';
import { protectedTargetsLimit } from './protected-targets.ts';
import { rebootsLimit } from './reboots.ts';
import { settingAllowedLimit } from './setting-allowed.ts';
import { signedIntentLimit } from './signed-intent.ts';
import { stageLimit } from './stage.ts';
import { survivorsLimit } from './survivors.ts';
import { targetHeldLimit } from './target-held.ts';
import { tasksFloorLimit } from './tasks-floor.ts';
import { watchdogLimit } from './watchdog.ts';
import { windowsLimit } from './windows.ts';

export const limits: readonly Limit[] = [
  stageLimit,
  signedIntentLimit,
  callersLimit,
  faultAllowedLimit,
  programAllowedLimit,
  changeAllowedLimit,
  settingAllowedLimit,
  rebootsLimit,
  bindingAllowedLimit,
  consentLimit,
  windowsLimit,
  durationLimit,
  leaseLimit,
  protectedTargetsLimit,
  watchdogLimit,
  targetHeldLimit,
  processesLimit,
  processesPercentLimit,
  survivorsLimit,
  faultsAtOnceLimit,
  injectRateLimit,
  coolDownLimit,
  loadLimit,
  pressureLimit,
  cpuLimit,
  niceLimit,
  memoryLimit,
  memoryFloorLimit,
  pathAllowedLimit,
  ioLimit,
  diskLimit,
  diskFloorLimit,
  openFilesFloorLimit,
  tasksFloorLimit,
];

export function refusalsOf(proposal: Proposal, facts: LimitFacts): readonly Refusal[] {
  return limits.flatMap((limit) => limit.refusals(proposal, facts));
}
