/** The agent as a process of a simulated host: what `agent/app/serve.ts` puts together, over simulated ports. */
import { describeHost } from '../../../agent/app/describe.ts';
import { createPutBackGuard } from '../../../agent/app/put-back-guard.ts';
import { keysUsedBefore, recoverFaults } from '../../../agent/app/recover.ts';
import { createStore } from '../../../agent/app/store.ts';
import type { HostAbilities } from '../../../agent/core/binding.ts';
import { defaultPolicy, type HostPolicy } from '../../../agent/core/policy.ts';
import type { ProcessFacts } from '../../../agent/core/process.ts';
import { createMatcher } from '../../../agent/core/selection.ts';
import { createEngine } from '../../../agent/engine/engine.ts';
import type { FindProcesses, Match } from '../../../agent/engine/examine.ts';
import { createExaminer } from '../../../agent/engine/examiner.ts';
import type { Clock } from '../../../agent/engine/ports.ts';
import type { Rollbacks } from '../../../agent/engine/rollbacks.ts';
import { faultKinds, findFaultKind } from '../../../agent/faults/index.ts';
import { createAgentServer } from '../../../agent/rpc/server.ts';
import { presentHaltFile, watchHaltFiles } from '../../../agent/store/halt-files.ts';
import { openJournal } from '../../../agent/store/journal.ts';
import { openLatch } from '../../../agent/store/latch.ts';
import { builtInPolicy } from '../../../agent/store/loaded-policy.ts';
import { sameProcess } from '../../../proto/identity.ts';
import { openAudit } from '../../../shared/audit-file.ts';
import { sha256Of } from '../../../shared/digest.ts';
import { randomUUID } from '../edge/node-crypto.ts';
import { wholeMs } from '../edge/node-timers.ts';
import { type Process, runningProcess } from '../world/process.ts';
import { tableOf } from '../world/process-facts.ts';
import { createSimulatedHolderPort } from './holder-port.ts';
import { createSimulatedView } from './host-view.ts';
import { stateDirectory } from './readiness.ts';
import { continueSimulated } from './replayer-program.ts';
import { simulatedSettings } from './settings.ts';

export const runDirectory = '/run/leash';
export const haltFiles = ['/etc/leash/HALT', `${runDirectory}/HALT`];

export interface AgentPlan {
  readonly labels: Readonly<Record<string, string>>;
  /** Without CAP_SYS_PTRACE, a pause is bound by the journal. */
  readonly canTrace: boolean;
  readonly hasSupervisor: boolean;
  readonly policy: Partial<HostPolicy>;
  /** Fed by a turn of the engine; undefined where nothing watches. */
  readonly watchdogEveryMs: number | undefined;
  feedWatchdog(): void;
}

const memoryBytes = 8 * 2 ** 30;
const noRollbacks: Rollbacks = {
  arm: () => Promise.reject(new Error('a simulated host rolls nothing back')),
  disarm: () => undefined,
  hear: () => undefined,
  act: () => Promise.reject(new Error('a simulated host rolls nothing back')),
  recover: () => undefined,
};
const noStrain = { loadAverage: 0, pressurePercent: { cpu: 0, memory: 0, io: 0 } };

export async function runAgent(plan: AgentPlan): Promise<void> {
  const process = runningProcess();
  const { host } = process;
  const policy: HostPolicy = { ...defaultPolicy, stage: 'staging', labels: plan.labels, ...plan.policy };
  const clock: Clock = {
    bootMs: () => host.bootMs(),
    unixMs: () => host.unixMs(),
    after: (ms, call) => process.after(wholeMs(ms), call),
  };
  const abilities: HostAbilities = {
    uid: process.plan.uid,
    capabilities: new Set(['CAP_KILL', 'CAP_SYS_NICE', ...(plan.canTrace ? ['CAP_SYS_PTRACE'] : [])]),
    yamaScope: 1,
    hasSupervisor: plan.hasSupervisor,
    missing: () => undefined,
  };

  const journal = await openJournal(stateDirectory);
  const audit = await openAudit(`${stateDirectory}/audit.jsonl`, { unixMs: clock.unixMs });
  const latch = await openLatch({ stateDirectory, runDirectory }, Math.floor(host.unixMs()));
  const settings = simulatedSettings();
  const engine = createEngine(
    {
      clock,
      store: createStore({ journal, audit, latch, unixMs: clock.unixMs }),
      agentPid: process.pid,
      holders: createSimulatedHolderPort(process),
      host: createSimulatedView(host),
      settings,
      findFaultKind,
      continueProcess: (identity) => void continueSimulated(process, identity),
      stressCgroup: undefined,
      warn: () => undefined,
    },
    {
      latch: latch.found,
      faults: new Map(),
      injectedAtBootMs: [],
      keysUsedBefore: keysUsedBefore(audit.recent),
    },
  );
  recoverFaults({
    engine,
    journal,
    clock,
    briefing: {},
    guard: createPutBackGuard(policy, tableOf(host), process.pid),
    findFaultKind,
    log: { warn: () => undefined },
  });
  watchHaltFiles(haltFiles, (path) =>
    engine.dispatch({ type: 'halt', order: { requestId: randomUUID(), reason: `the file ${path}`, by: 'halt file' } }),
  );

  /** As `agent/host/process-finder.ts` does: what the table has, looked at once more; who came meanwhile is not in it. */
  const findProcesses: FindProcesses = async (table, selector, protection) => {
    const matcher = createMatcher(selector, notCompiled);
    const findings = { pidfiles: new Map(), listeners: new Map(), cpuPercent: new Map() };
    const narrow = (some: Iterable<ProcessFacts>) => inOneTurn(matcher.narrow(some, { table, findings }));
    const candidates = narrow(table.processes.values());
    const now = await later(process, () => tableOf(host));
    const whole = candidates.flatMap(({ process: { identity } }) => {
      const facts = now.processes.get(identity.pid);
      return facts && sameProcess(facts.identity, identity) ? [facts] : [];
    });
    return {
      matches: narrow(whole).map((match) => ({ ...match, protectedBy: protection(match.process) })),
      refusals: [],
    };
  };
  const examiner = createExaminer({
    readTable: () =>
      later(process, () => {
        host.observer.looked(host.name);
        return tableOf(host);
      }),
    findProcesses,
    searchProcesses: async (table, selector, protection) => {
      const { matches, refusals } = await findProcesses(table, selector, protection);
      return { batches: inOneGo(matches), refusals };
    },
    memory: () => ({ totalBytes: memoryBytes, availableBytes: memoryBytes / 2 }),
    fileSystem: async () => undefined,
    usage: () => ({ openFiles: { used: 1000, max: 1e6 }, tasks: { used: 200, max: 30_000 } }),
    policy: () => policy,
    refreshPolicy: async () => undefined,
    policyProblem: () => undefined,
    listenersOf: async () => ({ listeners: new Map(), hidden: new Set() }),
    watchdogOf: () => undefined,
    strain: () => noStrain,
    bootMs: clock.bootMs,
    unixMs: clock.unixMs,
    startedAtBootMs: clock.bootMs(),
    haltFile: () => presentHaltFile(haltFiles),
    journalProblem: () => journal.problems[0]?.detail,
    digest: sha256Of,
    hostName: host.name,
    lookAtIntent: () => ({ kind: 'absent' }),
    brief: (question) => (question === 'guard' ? { guard: { agentPid: process.pid, protect: policy.protect } } : {}),
    settings,
    abilities,
    cpus: 2,
    agentPid: process.pid,
    findFaultKind,
    faultKindNames: faultKinds.map((kind) => kind.kind),
  });
  const server = createAgentServer({
    engine,
    clock,
    leaseMaxMs: () => policy.leaseMaxMs,
    commandLines: () => policy.commandLines,
    examine: examiner.examine,
    listProcesses: examiner.listProcesses,
    rollbacks: noRollbacks,
    intents: { take: async () => undefined, giveBack: async () => undefined },
    actionRefusal: () => 'a simulated host rolls nothing back',
    observe: () => {
      throw new Error('nobody observes a simulated host');
    },
    haltFileRefusals: examiner.haltFileRefusals,
    describe: async () =>
      describeHost({
        hostName: host.name,
        version: '0',
        facts: { bootId: host.bootId, kernel: 'Linux', os: '', cpus: 2, memoryBytes },
        policy: { ...builtInPolicy('/etc/leash/policy.yaml'), policy },
        figures: {
          cpus: 2,
          memoryBytes,
          memoryAvailableBytes: memoryBytes / 2,
          openFilesFree: 1e6,
          tasksFree: 29_800,
          ...noStrain,
          hasSupervisor: plan.hasSupervisor,
          unixMs: clock.unixMs(),
        },
        abilities,
        kinds: simulatedKinds,
        state: engine.state(),
        latchDurability: engine.latchDurability(),
        now: { bootMs: clock.bootMs(), unixMs: clock.unixMs() },
      }),
  });
  (server as unknown as { listen(): void }).listen();
  const feed = (): void => {
    engine.dispatch({ type: 'tick' });
    plan.feedWatchdog();
    if (plan.watchdogEveryMs !== undefined) process.after(plan.watchdogEveryMs, feed);
  };
  feed();
}

function inOneTurn<Value>(steps: Generator<void, Value>): Value {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

async function* inOneGo(matches: readonly Match[]): AsyncIterable<readonly Match[]> {
  yield matches;
}

/** The others need more of a host than the world has. */
const simulatedKinds = faultKinds.filter(({ kind }) =>
  ['process.pause', 'process.kill', 'process.renice', 'stress.cpu'].includes(kind),
);

/** A look at /proc takes a moment, in which processes come and go. */
function later<Value>(process: Process, look: () => Value): Promise<Value> {
  return new Promise((resolve) => void process.after(process.host.random.between(0, 3), () => resolve(look())));
}

function notCompiled(): never {
  throw new Error('patterns are not simulated');
}
