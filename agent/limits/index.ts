/** All limits of a host. A proposal must pass each one, and is told every "no" at once. */
import type { Refusal } from '../../proto/refusal.ts';
import { bindingAllowedLimit } from './binding-allowed.ts';
import { changeAllowedLimit } from './change-allowed.ts';
import { consentLimit } from './consent.ts';
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
import { memoryLimit } from './memory.ts';
import { memoryFloorLimit } from './memory-floor.ts';
import { openFilesFloorLimit } from './open-files-floor.ts';
import { pathAllowedLimit } from './path-allowed.ts';
import { processesLimit } from './processes.ts';
import { processesPercentLimit } from './processes-percent.ts';
import { programAllowedLimit } from './program-allowed.ts';
import { protectedTargetsLimit } from './protected-targets.ts';
import { stageLimit } from './stage.ts';
import { survivorsLimit } from './survivors.ts';
import { targetHeldLimit } from './target-held.ts';
import { tasksFloorLimit } from './tasks-floor.ts';

export const limits: readonly Limit[] = [
  stageLimit,
  faultAllowedLimit,
  programAllowedLimit,
  changeAllowedLimit,
  bindingAllowedLimit,
  consentLimit,
  durationLimit,
  leaseLimit,
  protectedTargetsLimit,
  targetHeldLimit,
  processesLimit,
  processesPercentLimit,
  survivorsLimit,
  faultsAtOnceLimit,
  injectRateLimit,
  cpuLimit,
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
