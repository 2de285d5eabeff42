/** Looks at the host for a plan or an inject: what matches, what is chosen, how it would be bound, and every "no". */
import { canonicalTargets } from '../../proto/identity.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import type { Refusal } from '../../proto/refusal.ts';
import { Refused } from '../../proto/refused.ts';
import type { Selector } from '../../proto/selector.ts';
import { isStage, stages } from '../../proto/stage.ts';
import { type BindingChoice, chooseBinding } from '../core/binding.ts';
import { isLive } from '../core/fault.ts';
import { toleratesAge } from '../core/inquiry.ts';
import type { HostPolicy } from '../core/policy.ts';
import type { ProcessTable } from '../core/process.ts';
import { createProtection, type Protection } from '../core/protection.ts';
import type { FaultKind, MagnitudeHost } from '../faults/fault-kind.ts';
import { parseParameters } from '../faults/parameter.ts';
import { refusalsOf } from '../limits/index.ts';
import type { LimitFacts, Proposal } from '../limits/limit.ts';
import { watchdogWarning } from '../limits/watchdog.ts';
import type { Examination, FoundProcesses, Match, Wish } from './examine.ts';
import type { ExaminerPorts } from './examiner-ports.ts';
import { pick } from './pick.ts';
import { changeOf, claimOf, directoryOf, membersOf, proposedIntent, settingsOf, watchdogsOf } from './proposed.ts';
import { activeFaults, endedSince, endingsIn, stopsTargets } from './standing-faults.ts';

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

const nothingFound: FoundProcesses = { matches: [], refusals: [] };

/** Everything below these processes, as it is now. */
async function descendantsOf(
  roots: readonly Match[],
  find: (selector: Selector) => Promise<FoundProcesses>,
): Promise<FoundProcesses> {
  if (roots.length === 0) return nothingFound;
  return find({ descendantsOf: { anyOf: roots.map(({ process }) => ({ pid: process.identity.pid })) } });
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
