/** Looks at the host for a plan or an inject: what matches, what is chosen, how it would be bound, and every "no". */
import { canonicalTargets, identityKey, sameProcess } from '../../proto/identity.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import type { Refusal } from '../../proto/refusal.ts';
import { Refused } from '../../proto/refused.ts';
import type { Choice, Selector } from '../../proto/selector.ts';
import { isStage, stages } from '../../proto/stage.ts';
import { type BindingChoice, chooseBinding, type HostAbilities } from '../core/binding.ts';
import type { Briefing, Question } from '../core/briefing.ts';
import { choose } from '../core/choice.ts';
import { type Fault, isLive } from '../core/fault.ts';
import { toleratesAge } from '../core/inquiry.ts';
import type { HostPolicy } from '../core/policy.ts';
import type { ProcessFacts, ProcessTable } from '../core/process.ts';
import { createProtection, type Protection } from '../core/protection.ts';
import type { AgentState } from '../core/state.ts';
import type { FaultKind, FileSystemSpace, MagnitudeHost } from '../faults/fault-kind.ts';
import { parseParameters } from '../faults/parameter.ts';
import type { Usage } from '../holders/stress-kernel.ts';
import { refusalsOf } from '../limits/index.ts';
import type { ActiveFault, LimitFacts, Proposal, ProposedDirectory } from '../limits/limit.ts';
import { isPathAllowed } from '../limits/path-allowed.ts';
import type { Examination, FindProcesses, FoundProcesses, Match, SearchProcesses, Wish } from './examine.ts';

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
  /** A halt file is there: the reason, in words. */
  haltFile(): string | undefined;
  /** Why no undo could be trusted to the journal now, in words. */
  journalProblem(): string | undefined;
  digest(text: string): string;
  /** Answers what a fault asks of its host. */
  brief(question: Question, table: ProcessTable): Briefing;
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
  function protectionIn(table: ProcessTable, callerPid: number | undefined): Protection {
    const operatorPids = callerPid === undefined ? [] : [callerPid];
    return createProtection(table, { agentPid: ports.agentPid, operatorPids, protect: ports.policy().protect });
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

    const table = await ports.readTable('now');
    const protection = protectionIn(table, wish.callerPid);
    const found = wish.targeting ? await ports.findProcesses(table, wish.targeting.selector, protection) : nothingFound;
    const { matches } = found;
    const picked = found.refusals.length > 0 ? unanswered(found.refusals) : pick(kind, wish, matches, table);
    const processes = picked.targets.map((target) => target.process);
    const chosen = chooseBinding(
      kind,
      ports.abilities,
      processes.length > 0 ? processes.map((process) => process.uid) : undefined,
    );
    const binding = chosen.kind === 'bound' ? chosen.binding : (kind.bindings[0] as Examination['binding']);
    const memory = ports.memory();
    const usage = ports.usage();
    const policy = ports.policy();
    const directory = await directoryOf(kind.directory?.(parameters), kind, ports);
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

    return {
      subject: {
        kind,
        parameters,
        targets: processes,
        wasStopped: processes.map((process) => process.state === 'T'),
        ...(kind.asksHost ? { briefing: ports.brief(kind.asksHost, table) } : {}),
      },
      matches,
      targets: picked.targets,
      choiceReason: picked.choiceReason ?? '',
      targetsDigest: ports.digest(canonicalTargets(processes.map((process) => process.identity))),
      binding,
      bindingReason: chosen.reason,
      refusals(state, nowBootMs) {
        const proposal: Proposal = {
          fault: {
            kind: kind.kind,
            aim: kind.aim,
            holdsByPtrace: kind.holdsByPtrace && binding === 'kernel',
            binding,
          },
          magnitude: kind.magnitude(parameters, now),
          ...(directory ? { directory } : {}),
          targets: processes,
          matched: matches.map((match) => match.process),
          stage,
          durationMs: wish.durationMs,
          // A dry run asks for the longest lease that is granted, and gives the consent that only the inject can give.
          leaseTtlMs: wish.leaseTtlMs ?? policy.leaseMaxMs,
          consentIrreversible: wish.consentIrreversible ?? true,
          nowBootMs,
        };
        const facts: LimitFacts = {
          policy,
          active: activeFaults(state, ports, host),
          injectedAtBootMs: state.injectedAtBootMs,
          protection,
          host: {
            memoryBytes: memory.totalBytes,
            memoryAvailableBytes: memory.availableBytes,
            openFilesFree: usage.openFiles.max - usage.openFiles.used,
            tasksFree: usage.tasks.max - usage.tasks.used,
            hasSupervisor: ports.abilities.hasSupervisor,
          },
        };
        return [
          ...haltFileRefusals(),
          ...journalRefusals(),
          ...unavailable(chosen),
          ...picked.refusals,
          ...refusalsOf(proposal, facts),
        ];
      },
    };
  }

  return {
    examine,
    haltFileRefusals,
    async *listProcesses(selector, callerPid) {
      const table = await ports.readTable(toleratesAge(selector) ? 'recently' : 'now');
      const { batches, refusals } = await ports.searchProcesses(table, selector, protectionIn(table, callerPid));
      if (refusals.length > 0) throw new Refused(refusals);
      yield* batches;
    },
  };
}

const nothingFound: FoundProcesses = { matches: [], refusals: [] };

interface Picked {
  readonly targets: readonly Match[];
  readonly refusals: readonly Refusal[];
  readonly choiceReason?: string;
}

/** What the selector means is not known in full, so nothing is chosen. */
function unanswered(refusals: readonly Refusal[]): Picked {
  return { targets: [], refusals };
}

function checkAim(kind: FaultKind, wish: Wish): void {
  if (kind.aim === 'processes' && !wish.targeting) {
    throw new InvalidInput('targeting', undefined, `must be set: ${kind.kind} is aimed at processes`);
  }
  if (kind.aim === 'host' && (wish.targeting || wish.targets?.length)) {
    throw new InvalidInput('targeting', '…', `must not be set: ${kind.kind} is aimed at the whole host`);
  }
}

function pick(kind: FaultKind, wish: Wish, matches: readonly Match[], table: ProcessTable): Picked {
  if (kind.aim === 'host') return { targets: [], refusals: [] };
  if (wish.targets) return pinned(wish.targets, matches, table);
  return drawn(wish.targeting?.choice ?? { mode: 'all' }, matches);
}

/** A dry run draws among the matches that may be touched; a protected one is shown, and never drawn. */
function drawn(choice: Choice, matches: readonly Match[]): Picked {
  const free = matches.filter((match) => match.protectedBy.length === 0);
  if (free.length === 0 && matches.length > 0) {
    // Shown as targets, so that the limit says which process is protected, and why.
    return { targets: matches, refusals: [] };
  }
  const chosen = choose(
    free.map((match) => match.process),
    choice,
  );
  if (chosen.kind === 'refused') return { targets: [], refusals: [chosen.refusal] };
  const taken = new Set(chosen.processes);
  const guarded = matches.length - free.length;
  return {
    targets: matches.filter((match) => taken.has(match.process)),
    refusals: [],
    choiceReason: guarded === 0 ? chosen.reason : `${chosen.reason}; ${guarded} more are protected`,
  };
}

/** An inject names its targets. Each must still be the same process, and still match. */
function pinned(wanted: NonNullable<Wish['targets']>, matches: readonly Match[], table: ProcessTable): Picked {
  const targets: Match[] = [];
  const refusals: Refusal[] = [];
  const seen = new Set<string>();
  const byKey = new Map(matches.map((match) => [identityKey(match.process.identity), match]));
  for (const identity of wanted) {
    if (seen.has(identityKey(identity))) {
      throw new InvalidInput('targets', identity.pid, 'must name each process once');
    }
    seen.add(identityKey(identity));
    const match = byKey.get(identityKey(identity));
    if (match) targets.push(match);
    else refusals.push(lost(identity, table.processes.get(identity.pid)));
  }
  if (wanted.length === 0) refusals.push({ reason: 'no-match', message: 'the inject names no target: plan first' });
  return { targets, refusals };
}

function lost(identity: NonNullable<Wish['targets']>[number], now: ProcessFacts | undefined): Refusal {
  const { pid, startTimeTicks, bootId } = identity;
  if (!now) return { reason: 'target-gone', message: `process ${pid} is gone`, value: String(pid) };
  if (!sameProcess(now.identity, identity)) {
    const was = bootId === now.identity.bootId ? `started at tick ${startTimeTicks}` : 'belonged to an earlier boot';
    const message = `process ${pid} is another one now: the planned one ${was}, this one (${now.name}) started at tick ${now.identity.startTimeTicks}`;
    return { reason: 'target-changed', message, value: String(pid) };
  }
  return {
    reason: 'target-changed',
    message: `process ${pid} (${now.name}) no longer matches the selector`,
    value: String(pid),
  };
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

/** @param host without what is available: what an active fault has taken is not, any more. */
function activeFaults(state: AgentState, ports: ExaminerPorts, host: MagnitudeHost): readonly ActiveFault[] {
  return [...state.faults.values()].filter(isLive).map(({ facts }: Fault): ActiveFault => {
    const kind = ports.findFaultKind(facts.kind);
    return {
      faultId: facts.faultId,
      kind: facts.kind,
      holdsByPtrace: facts.holdsByPtrace,
      targets: facts.targets,
      magnitude: kind ? kind.magnitude(parseParameters(kind.parameters, facts.parameters), host) : {},
    };
  });
}
