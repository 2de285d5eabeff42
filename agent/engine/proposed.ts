/** What a wish asks of its host, as the limits see it. */
import type { Pid } from '../../proto/identity.ts';
import { countMost } from '../core/choice.ts';
import type { IntentClaim, IntentPolicy } from '../core/intent.ts';
import type { ProcessFacts, ProcessTable } from '../core/process.ts';
import { isVoid, type KeptSetting, settingKey, type WantedSetting } from '../core/setting.ts';
import { actionText, parametersText, targetingText } from '../core/signed-scope.ts';
import type { FaultKind } from '../faults/fault-kind.ts';
import type {
  Proposal,
  ProposedChange,
  ProposedDirectory,
  ProposedIntent,
  ProposedSetting,
  UnitWatchdog,
} from '../limits/limit.ts';
import { isPathAllowed } from '../limits/path-allowed.ts';
import { signedStepOf } from '../limits/signed-intent.ts';
import type { Match, Wish } from './examine.ts';
import type { ExaminerPorts } from './examiner-ports.ts';

export function proposedIntent(
  { intent, parameters, targeting, consentIrreversible = false }: Wish,
  seen: {
    readonly ports: ExaminerPorts;
    readonly policy: IntentPolicy;
    readonly matches: readonly Match[];
    readonly isTree: boolean;
  },
): ProposedIntent {
  const { ports, policy, matches, isTree } = seen;
  return {
    seen: ports.lookAtIntent(intent?.proof, policy),
    hostName: ports.hostName,
    runId: intent?.runId ?? '',
    key: intent?.key ?? '',
    parameters: parametersText(parameters),
    targeting: targetingText(targeting),
    rollback: (intent?.rollback ?? []).map(actionText),
    // A whole tree is as large as it is: what it grows from is chosen, and what it may be is a limit of its own.
    targetsMax: targeting && !isTree ? countMost(targeting.choice, matches.length) : Number.POSITIVE_INFINITY,
    isConsentGiven: consentIrreversible,
  };
}

export function claimOf(proposal: Proposal): IntentClaim | undefined {
  const step = signedStepOf(proposal);
  if (!step || proposal.intent?.seen.kind !== 'signed') return undefined;
  const { runId, key, seen } = proposal.intent;
  const { nonce, notAfterUnixMs, runs: runsMax } = seen.document;
  return { nonce, notAfterUnixMs, runsMax, runId, step: step.number, key };
}

/** Each unit once. */
export function watchdogsOf(processes: readonly ProcessFacts[], ports: ExaminerPorts): readonly UnitWatchdog[] {
  const seen = new Map<string, number | 'unknown'>();
  for (const process of processes) {
    const watchdog = process.unit === undefined || seen.has(process.unit) ? undefined : ports.watchdogOf(process);
    if (process.unit !== undefined && watchdog !== undefined) seen.set(process.unit, watchdog);
  }
  return [...seen].map(([unit, watchdog]) => ({ unit, watchdog }));
}

/** A path that is not allowed is not even asked about: it may be on a file system that does not answer. */
export async function directoryOf(
  path: string | undefined,
  { fileSystems }: FaultKind,
  ports: ExaminerPorts,
): Promise<ProposedDirectory | undefined> {
  if (path === undefined) return undefined;
  const space = isPathAllowed(path, ports.policy().paths.allow) ? await ports.fileSystem(path) : undefined;
  return { path, ...(space ? { space } : {}), ...(fileSystems ? { fileSystems } : {}) };
}

/** What is in place before the fault is not the fault's, so it is looked at before anything is recorded. */
export async function changeOf(
  name: string | undefined,
  { policy, changes }: ExaminerPorts,
): Promise<ProposedChange | undefined> {
  if (name === undefined) return undefined;
  const listed = policy().changes.find((change) => change.name === name);
  const seen = listed && (await changes?.check(listed));
  return { name, ...(seen ? { seen } : {}) };
}

/** Each with what it is now. One that cannot be read or must not be set says why. */
export async function settingsOf(
  wanted: readonly WantedSetting[],
  { settings, settingRefusal }: ExaminerPorts,
): Promise<{ readonly kept: readonly KeptSetting[]; readonly proposed: readonly ProposedSetting[] }> {
  const kept: KeptSetting[] = [];
  const proposed: ProposedSetting[] = [];
  for (const each of wanted) {
    const key = settingKey(each);
    const refusal = settingRefusal?.(each);
    if (refusal !== undefined || !settings) {
      proposed.push({ key, refusal: refusal ?? `${key} cannot be set here` });
      continue;
    }
    try {
      const found = await settings.read(each);
      kept.push(found);
      proposed.push({ key });
    } catch (error) {
      proposed.push({ key, problem: error instanceof Error ? error.message : String(error) });
    }
  }
  const [first, ...others] = proposed;
  if (!first || kept.length < wanted.length || !kept.every(isVoid)) return { kept, proposed };
  const already = kept.map((each) => `${settingKey(each)} is ${each.ours} already`).join('; ');
  return { kept, proposed: [{ ...first, problem: `${already}: there is nothing to set` }, ...others] };
}

/** Who is in the cgroups that it sets. One of which nothing is known any more has ended. */
export function membersOf(
  kept: readonly KeptSetting[],
  table: ProcessTable,
  { settings }: ExaminerPorts,
): readonly ProcessFacts[] {
  const pids = new Set(kept.flatMap((each) => settings?.members(each) ?? []));
  return [...pids].flatMap((pid) => table.processes.get(pid as Pid) ?? []);
}
