/** Looks at the host for a plan or an inject: what matches, what is chosen, how it would be bound, and every "no". */
import { canonicalTargets, type Pid } from '../../proto/identity.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import type { Refusal } from '../../proto/refusal.ts';
import { Refused } from '../../proto/refused.ts';
import type { Selector } from '../../proto/selector.ts';
import { isStage, stages } from '../../proto/stage.ts';
import { type BindingChoice, chooseBinding, type HostAbilities } from '../core/binding.ts';
import type { Briefing, Question } from '../core/briefing.ts';
import type { ChangePort } from '../core/change.ts';
import { countMost } from '../core/choice.ts';
import { type Fault, isLive } from '../core/fault.ts';
import { toleratesAge } from '../core/inquiry.ts';
import type { IntentClaim, IntentPolicy, IntentProof, IntentSeen } from '../core/intent.ts';
import type { HostPolicy } from '../core/policy.ts';
import type { ProcessFacts, ProcessTable } from '../core/process.ts';
import { createProtection, type PortsSeen, type Protection } from '../core/protection.ts';
import { isVoid, type KeptSetting, type SettingsPort, settingKey, type WantedSetting } from '../core/setting.ts';
import { actionText, parametersText, targetingText } from '../core/signed-scope.ts';
import type { AgentState } from '../core/state.ts';
import type { FaultKind, FileSystemSpace, MagnitudeHost } from '../faults/fault-kind.ts';
import { parseParameters } from '../faults/parameter.ts';
import type { Usage } from '../holders/stress-kernel.ts';
import { refusalsOf } from '../limits/index.ts';
import type {
  ActiveFault,
  Ending,
  HostFigures,
  LimitFacts,
  Proposal,
  ProposedChange,
  ProposedDirectory,
  ProposedIntent,
  ProposedSetting,
  UnitWatchdog,
} from '../limits/limit.ts';
import { isPathAllowed } from '../limits/path-allowed.ts';
import { signedStepOf } from '../limits/signed-intent.ts';
import { watchdogWarning } from '../limits/watchdog.ts';
import type { Examination, FindProcesses, FoundProcesses, Match, SearchProcesses, Wish } from './examine.ts';
import { pick } from './pick.ts';

/** What is in use of what the host has a limit for. */
export interface HostUsageSeen {
  readonly openFiles: Usage;
  readonly tasks: Usage;
  /** Of the cgroup for stressors; absent where it has no limit. */
  readonly stressTasks?: Usage;
}

export interface ExaminerPorts {
  /** `recently`: with processes in it as they were up to 30 s ago. What is to be touched is never chosen from that. */
  readTable(freshness: 'now' | 'recently'): Promise<ProcessTable>;
  readonly findProcesses: FindProcesses;
  readonly searchProcesses: SearchProcesses;
  memory(): { readonly totalBytes: number; readonly availableBytes: number };
  /** Undefined where it does not answer, or not in time. */
  fileSystem(directory: string): Promise<FileSystemSpace | undefined>;
  usage(): HostUsageSeen;
  policy(): HostPolicy;
  /** Reads the policy again where its file has changed. Never throws: `policyProblem` tells what is wrong with it. */
  refreshPolicy(): Promise<void>;
  /** Why the policy file cannot be used as it is now, in words; the former policy is in force then. */
  policyProblem(): string | undefined;
  /** Who listens on these ports. */
  listenersOf(ports: ReadonlySet<number>, table: ProcessTable): Promise<PortsSeen>;
  /** How long its unit lets it be silent, in milliseconds; undefined where nobody minds. */
  watchdogOf(process: ProcessFacts): number | 'unknown' | undefined;
  strain(): Pick<HostFigures, 'loadAverage' | 'pressurePercent'>;
  /** Of boot time, as in the lives of faults. */
  bootMs(): number;
  /** Wall clock, for the calendar. */
  unixMs(): number;
  /** Of the agent, in boot time. */
  readonly startedAtBootMs: number;
  /** A halt file is there: the reason, in words. */
  haltFile(): string | undefined;
  /** Why no undo could be trusted to the journal now, in words. */
  journalProblem(): string | undefined;
  digest(text: string): string;
  /** As inventories have it. */
  readonly hostName: string;
  /** Whether what came with a request is signed by a key of the policy. Never throws. */
  lookAtIntent(proof: IntentProof | undefined, policy: IntentPolicy): IntentSeen;
  /** Answers what a fault asks of its host. */
  brief(question: Question, table: ProcessTable): Briefing;
  /** Absent where no program may be run. */
  readonly changes?: ChangePort;
  /** Absent where nothing can be set. */
  readonly settings?: SettingsPort;
  /** Why the host's policy does not let faults set this, in words. */
  settingRefusal?(wanted: WantedSetting): string | undefined;
  readonly abilities: HostAbilities;
  readonly cpus: number;
  readonly agentPid: number;
  findFaultKind(kind: string): FaultKind | undefined;
  readonly faultKindNames: readonly string[];
}

export interface Examiner {
  examine(wish: Wish): Promise<Examination>;
  /** In order of pid, some at a time. @throws Refused where the host cannot answer the selector in full. */
  listProcesses(selector: Selector, callerPid: number | undefined): AsyncIterable<readonly Match[]>;
  haltFileRefusals(): readonly Refusal[];
}

export function createExaminer(ports: ExaminerPorts): Examiner {
  async function protectionIn(table: ProcessTable, callerPid: number | undefined): Promise<Protection> {
    const { protect } = ports.policy();
    return createProtection(table, {
      agentPid: ports.agentPid,
      operatorPids: callerPid === undefined ? [] : [callerPid],
      protect,
      ...(protect.ports.length === 0 ? {} : { ports: await ports.listenersOf(new Set(protect.ports), table) }),
    });
  }

  /** A policy that cannot be read may forbid anything, and one that came meanwhile was not asked. */
  function policyRefusals(judgedBy: HostPolicy): readonly Refusal[] {
    const problem = ports.policyProblem();
    if (problem !== undefined) {
      const message = `the host's policy cannot be used, and nothing is injected until it can: ${problem}`;
      return [{ reason: 'policy-invalid', message }];
    }
    if (ports.policy() === judgedBy) return [];
    return [{ reason: 'policy-changed', message: "the host's policy has just changed: plan again" }];
  }

  function haltFileRefusals(): readonly Refusal[] {
    const file = ports.haltFile();
    if (file === undefined) return [];
    return [
      { reason: 'halted', message: `the host is halted by the file ${file}; remove it, then rearm`, limit: file },
    ];
  }

  /** What cannot be read may be a fault that still waits for its undo: nothing is added to it. */
  function journalRefusals(): readonly Refusal[] {
    const problem = ports.journalProblem();
    if (problem === undefined) return [];
    return [{ reason: 'journal-unavailable', message: `the journal holds a record that cannot be read: ${problem}` }];
  }

  async function examine(wish: Wish): Promise<Examination> {
    const kind = ports.findFaultKind(wish.kind);
    if (!kind) {
      throw new InvalidInput('spec.kind', wish.kind, `must be one of ${ports.faultKindNames.join(', ')}`);
    }
    if (!isStage(wish.stage)) throw new InvalidInput('stage', wish.stage, `must be one of ${stages.join(', ')}`);
    const { stage } = wish;
    const parameters = parseParameters(kind.parameters, wish.parameters);
    kind.check?.(parameters);
    checkAim(kind, wish);

    const lookedFromBootMs = ports.bootMs();
    await ports.refreshPolicy();
    const policy = ports.policy();
    const table = await ports.readTable('now');
    const protection = await protectionIn(table, wish.callerPid);
    const find = (selector: Selector) => ports.findProcesses(table, selector, protection);
    const found = wish.targeting ? await find(wish.targeting.selector) : nothingFound;
    const picked = await pick({
      kind,
      wish,
      found,
      table,
      ...(kind.takesTree?.(parameters) ? { below: (roots: readonly Match[]) => descendantsOf(roots, find) } : {}),
    });
    const matches = [...found.matches, ...(picked.members ?? [])];
    const processes = picked.targets.map((target) => target.process);
    const chosen = chooseBinding(
      { ...kind, bindings: kind.bindingsFor?.(parameters) ?? kind.bindings },
      ports.abilities,
      processes.length > 0 ? processes.map((process) => process.uid) : undefined,
    );
    const binding = chosen.kind === 'bound' ? chosen.binding : (kind.bindings[0] as Examination['binding']);

    const durationMs = wish.durationMs ?? policy.durationDefaultMs;
    const memory = ports.memory();
    const usage = ports.usage();
    const directory = await directoryOf(kind.directory?.(parameters), kind, ports);
    const change = await changeOf(kind.change?.(parameters), ports);
    const briefing = kind.asksHost && ports.brief(kind.asksHost, table);
    const settings = await settingsOf(
      kind.sets?.(
        parameters,
        processes.map(({ identity }) => identity),
        briefing ?? {},
      ) ?? [],
      ports,
    );
    const members = membersOf(settings.kept, table, ports);
    const watchdogs = kind.mindsWatchdog ? watchdogsOf([...processes, ...members], ports) : [];
    const areMinded = kind.mindsWatchdog?.(parameters) === true;
    const warnings = [
      ...settings.kept.flatMap((each) => ports.settings?.warning(each) ?? []),
      ...(areMinded ? [] : watchdogs.map(watchdogWarning)),
    ];
    const host: MagnitudeHost = {
      cpus: ports.cpus,
      memoryBytes: memory.totalBytes,
      openFilesMax: usage.openFiles.max,
      ...(usage.stressTasks ? { stressTasksMax: usage.stressTasks.max } : {}),
    };
    const now: MagnitudeHost = {
      ...host,
      memoryAvailableBytes: memory.availableBytes,
      ...(directory?.space ? { fileSystem: directory.space } : {}),
    };

    const intent = policy.intents
      ? proposedIntent(wish, {
          ports,
          policy: policy.intents,
          matches: found.matches,
          isTree: kind.takesTree?.(parameters) === true,
        })
      : undefined;
    const proposalAt = (nowBootMs: number): Proposal => ({
      fault: {
        kind: kind.kind,
        aim: kind.aim,
        stopsTargets: stopsTargets(kind),
        binding,
      },
      magnitude: kind.magnitude(parameters, now),
      ...(directory ? { directory } : {}),
      ...(change ? { change } : {}),
      ...(intent ? { intent } : {}),
      settings: settings.proposed,
      members,
      targets: processes,
      matched: matches.map((match) => match.process),
      stage,
      durationMs,
      // A dry run asks for the longest lease that is granted, and gives the consent that only the inject can give.
      leaseTtlMs: wish.leaseTtlMs ?? policy.leaseMaxMs,
      consentIrreversible: wish.consentIrreversible ?? true,
      callerNames: wish.callerNames,
      watchdogs: areMinded ? watchdogs : [],
      survivorsMin: kind.survivorsMin?.(parameters) ?? 0,
      nowBootMs,
    });

    return {
      intentClaim: () => claimOf(proposalAt(0)),
      subject: {
        kind,
        parameters,
        targets: processes,
        wasStopped: processes.map((process) => process.state === 'T'),
        ...(briefing ? { briefing } : {}),
        ...(kind.sets ? { kept: settings.kept } : {}),
      },
      matches,
      targets: picked.targets,
      choiceReason: picked.choiceReason ?? '',
      durationMs,
      targetsDigest: ports.digest(canonicalTargets(processes.map((process) => process.identity))),
      binding,
      bindingReason: chosen.reason,
      warnings,
      refusals(state, nowBootMs) {
        const facts: LimitFacts = {
          policy,
          active: activeFaults([...state.faults.values()].filter(isLive), ports, host),
          endedMeanwhile: activeFaults(endedSince(state, lookedFromBootMs), ports, host),
          injectedAtBootMs: state.injectedAtBootMs,
          endings: endingsIn(state, nowBootMs),
          startedAtBootMs: ports.startedAtBootMs,
          protection,
          host: {
            memoryBytes: memory.totalBytes,
            memoryAvailableBytes: memory.availableBytes,
            openFilesFree: usage.openFiles.max - usage.openFiles.used,
            tasksFree: usage.tasks.max - usage.tasks.used,
            cpus: ports.cpus,
            ...ports.strain(),
            hasSupervisor: ports.abilities.hasSupervisor,
            unixMs: ports.unixMs(),
          },
        };
        return [
          ...haltFileRefusals(),
          ...policyRefusals(policy),
          ...journalRefusals(),
          ...unavailable(chosen),
          ...picked.refusals,
          ...refusalsOf(proposalAt(nowBootMs), facts),
        ];
      },
    };
  }

  return {
    examine,
    haltFileRefusals,
    async *listProcesses(selector, callerPid) {
      const table = await ports.readTable(toleratesAge(selector) ? 'recently' : 'now');
      const protection = await protectionIn(table, callerPid);
      const { batches, refusals } = await ports.searchProcesses(table, selector, protection);
      if (refusals.length > 0) throw new Refused(refusals);
      yield* batches;
    },
  };
}

function proposedIntent(
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

function claimOf(proposal: Proposal): IntentClaim | undefined {
  const step = signedStepOf(proposal);
  if (!step || proposal.intent?.seen.kind !== 'signed') return undefined;
  const { runId, key, seen } = proposal.intent;
  const { nonce, notAfterUnixMs, runs: runsMax } = seen.document;
  return { nonce, notAfterUnixMs, runsMax, runId, step: step.number, key };
}

const nothingFound: FoundProcesses = { matches: [], refusals: [] };

/** Everything below these processes, as it is now. */
async function descendantsOf(
  roots: readonly Match[],
  find: (selector: Selector) => Promise<FoundProcesses>,
): Promise<FoundProcesses> {
  if (roots.length === 0) return nothingFound;
  return find({ descendantsOf: { anyOf: roots.map(({ process }) => ({ pid: process.identity.pid })) } });
}

/** Each unit once. */
function watchdogsOf(processes: readonly ProcessFacts[], ports: ExaminerPorts): readonly UnitWatchdog[] {
  const seen = new Map<string, number | 'unknown'>();
  for (const process of processes) {
    const watchdog = process.unit === undefined || seen.has(process.unit) ? undefined : ports.watchdogOf(process);
    if (process.unit !== undefined && watchdog !== undefined) seen.set(process.unit, watchdog);
  }
  return [...seen].map(([unit, watchdog]) => ({ unit, watchdog }));
}

/** In that millisecond too: whatever of them was stopped may have been read so. */
function endedSince(state: AgentState, bootMs: number): readonly Fault[] {
  return [...state.faults.values()].filter(({ life }) => life.phase === 'ended' && life.endedAtBootMs >= bootMs);
}

/** By ptrace or by SIGSTOP: of whatever is stopped, the undo is to continue it. */
function stopsTargets(kind: FaultKind): boolean {
  return kind.undo === 'continue';
}

/** One that is still being let go of ends now at the earliest. */
function endingsIn(state: AgentState, nowBootMs: number): readonly Ending[] {
  return [...state.faults.values()].flatMap(({ facts, life }): readonly Ending[] => {
    if (life.phase === 'binding' || life.phase === 'active') return [];
    return [{ atBootMs: life.phase === 'ended' ? life.endedAtBootMs : nowBootMs, services: facts.services ?? [] }];
  });
}

function checkAim(kind: FaultKind, wish: Wish): void {
  if (kind.aim === 'processes' && !wish.targeting) {
    throw new InvalidInput('targeting', undefined, `must be set: ${kind.kind} is aimed at processes`);
  }
  if (kind.aim === 'host' && (wish.targeting || wish.targets?.length)) {
    throw new InvalidInput('targeting', '…', `must not be set: ${kind.kind} is aimed at the whole host`);
  }
}

function unavailable(choice: BindingChoice): readonly Refusal[] {
  return choice.kind === 'bound' ? [] : [{ reason: 'fault-unavailable', message: choice.reason }];
}

/** A path that is not allowed is not even asked about: it may be on a file system that does not answer. */
async function directoryOf(
  path: string | undefined,
  { fileSystems }: FaultKind,
  ports: ExaminerPorts,
): Promise<ProposedDirectory | undefined> {
  if (path === undefined) return undefined;
  const space = isPathAllowed(path, ports.policy().paths.allow) ? await ports.fileSystem(path) : undefined;
  return { path, ...(space ? { space } : {}), ...(fileSystems ? { fileSystems } : {}) };
}

/** What is in place before the fault is not the fault's, so it is looked at before anything is recorded. */
async function changeOf(
  name: string | undefined,
  { policy, changes }: ExaminerPorts,
): Promise<ProposedChange | undefined> {
  if (name === undefined) return undefined;
  const listed = policy().changes.find((change) => change.name === name);
  const seen = listed && (await changes?.check(listed));
  return { name, ...(seen ? { seen } : {}) };
}

/** Each with what it is now. One that cannot be read or must not be set says why. */
async function settingsOf(
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
function membersOf(
  kept: readonly KeptSetting[],
  table: ProcessTable,
  { settings }: ExaminerPorts,
): readonly ProcessFacts[] {
  const pids = new Set(kept.flatMap((each) => settings?.members(each) ?? []));
  return [...pids].flatMap((pid) => table.processes.get(pid as Pid) ?? []);
}

/** @param host without what is available: what an active fault has taken is not, any more. */
function activeFaults(faults: readonly Fault[], ports: ExaminerPorts, host: MagnitudeHost): readonly ActiveFault[] {
  return faults.map(({ facts }: Fault): ActiveFault => {
    const kind = ports.findFaultKind(facts.kind);
    const parameters = kind && parseParameters(kind.parameters, facts.parameters);
    const change = parameters && kind.change?.(parameters);
    return {
      faultId: facts.faultId,
      kind: facts.kind,
      // Of a kind that is not known any more, the journal says only this.
      stopsTargets: kind ? stopsTargets(kind) : facts.holdsByPtrace,
      targets: facts.targets,
      magnitude: parameters ? kind.magnitude(parameters, host) : {},
      ...(change === undefined ? {} : { change }),
      settings: (parameters && kind.sets?.(parameters, facts.targets, {}).map(settingKey)) ?? [],
    };
  });
}
