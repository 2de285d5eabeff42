/** The agent, put together: each step of the way up registers how it is undone, and the way down undoes all of them. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { parsePid } from '../../proto/identity.ts';
import { logNameOf } from '../../shared/audit-checkpoint.ts';
import { openAudit } from '../../shared/audit-file.ts';
import { createBootClock } from '../../shared/boot-clock.ts';
import { sha256Of } from '../../shared/digest.ts';
import { openFrontDoor } from '../../shared/front-door.ts';
import type { Logger } from '../../shared/logger.ts';
import { openNotary } from '../../shared/open-notary.ts';
import { createRefusalRecords } from '../../shared/refusal-records.ts';
import { tetherTo } from '../../shared/tether.ts';
import { keepTlsFiles, type TlsIdentity, tlsNewsText } from '../../shared/tls-identity.ts';
import { actionRefusal, runAction } from '../actions/index.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { createExaminer } from '../engine/examiner.ts';
import type { Clock } from '../engine/ports.ts';
import { createRollbacks } from '../engine/rollbacks.ts';
import { faultKinds, findFaultKind } from '../faults/index.ts';
import { readHostAbilities } from '../host/capabilities.ts';
import { createChangePort } from '../host/change-port.ts';
import { continueProcess } from '../host/continue-process.ts';
import { openDescriptorReserve, withReserve } from '../host/descriptor-reserve.ts';
import { askFileSystem } from '../host/file-system.ts';
import { endStoppedHolder } from '../host/former-holder.ts';
import { createHolderPort } from '../host/holder-process.ts';
import { readHostFacts } from '../host/host-facts.ts';
import { readHostStrain } from '../host/host-strain.ts';
import { createHostUsage } from '../host/host-usage.ts';
import { createHostView } from '../host/host-view.ts';
import { readMemory } from '../host/memory.ts';
import { lookAtPorts } from '../host/ports-seen.ts';
import { createProcessFinder, createProcessSearch } from '../host/process-finder.ts';
import { identify } from '../host/process-identity.ts';
import { createProcessReader } from '../host/process-table.ts';
import { createProgramRunner } from '../host/program-runner.ts';
import { createPutBack } from '../host/put-back-port.ts';
import { createSettings, settingRules } from '../host/settings/index.ts';
import { prepareStressCgroup, readTasksLimit } from '../host/stress-cgroup.ts';
import { watchdogOf } from '../host/unit-watchdog.ts';
import { whyWritesAreRefused } from '../host/writes-refused.ts';
import { lookAtIntent } from '../intents/look-at-intent.ts';
import { createObserver } from '../observers/observe.ts';
import { createAgentServer } from '../rpc/server.ts';
import { presentHaltFile, watchHaltFiles } from '../store/halt-files.ts';
import { openIntentLedger } from '../store/intent-ledger.ts';
import { openJournal } from '../store/journal.ts';
import { openLatch } from '../store/latch.ts';
import { openRollbackFiles } from '../store/rollback-files.ts';
import { removeAgentFile, writeAgentFile } from './agent-file.ts';
import { createBriefer } from './briefer.ts';
import { describeHost } from './describe.ts';
import { holderProgramPath } from './holder-program.ts';
import { readHostFigures } from './host-figures.ts';
import { loadHostPolicy } from './host-policy.ts';
import { type AgentOptions, haltFilesOf, policyPathOf, socketPathOf } from './options.ts';
import { keepPolicy, type PolicyNews } from './policy-keeper.ts';
import { createPutBackGuard } from './put-back-guard.ts';
import { keysUsedBefore, recoverFaults } from './recover.ts';
import { createStore } from './store.ts';
import { createTeardown } from './teardown.ts';
import { tellServiceManager } from './tell-service-manager.ts';
import { version } from './version.ts';

/** A file system of the network may never answer. */
const fileSystemAnswerMs = 1000;

export interface Agent {
  readonly addresses: readonly string[];
  readonly engine: Engine;
  /** Reads the host's policy and the TLS files again; what comes of it is in the log and the audit. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** @throws Error that says what stands in the way; whatever had been set up is undone again. */
export async function startAgent(options: AgentOptions, log: Logger): Promise<Agent> {
  const teardown = createTeardown((step, error) => log.error({ step, err: error }, 'a step of the way down failed'));
  try {
    if (options.parentPid !== undefined) tetherTo(options.parentPid, options.parentSignal);
    for (const directory of [options.stateDirectory, options.runDirectory]) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    }
    let onPolicyNews: (news: PolicyNews) => void = () => {};
    const keeper = await keepPolicy({
      path: policyPathOf(options),
      load: () => loadHostPolicy(options),
      onNews: (news) => onPolicyNews(news),
    });
    teardown.add('policy', () => keeper.close());
    const policy = () => keeper.loaded().policy;
    log.info({ policy: keeper.loaded().source, stage: policy().stage }, 'host policy');

    const journal = await openJournal(options.stateDirectory);
    teardown.add('journal', () => journal.close());
    const audit = await openAudit(`${options.stateDirectory}/audit.jsonl`, { unixMs: () => Date.now() });
    teardown.add('audit', () => audit.close());
    if (audit.repairedBytes > 0) {
      log.warn(
        { bytes: audit.repairedBytes },
        'a torn last line of the audit, which was never acknowledged, was taken out',
      );
    }
    const latch = await openLatch(options, Date.now());
    teardown.add('latch', () => latch.close());
    const intents = await openIntentLedger(options.stateDirectory, Date.now);

    const stressCgroup = prepareStressCgroup();
    const abilities = readHostAbilities({ stressCgroup });
    const usage = createHostUsage();
    const facts = readHostFacts();
    const reader = createProcessReader();
    const bootMs = createBootClock();
    const startedAtBootMs = bootMs();
    const clock: Clock = {
      bootMs,
      unixMs: () => Date.now(),
      after(ms, call) {
        const timer = setTimeout(call, Math.max(0, ms));
        return () => clearTimeout(timer);
      },
    };

    const notary = await openNotary({
      directory: options.stateDirectory,
      audit,
      log: logNameOf('agent', options.hostName),
      unixMs: clock.unixMs,
      after: clock.after,
      warn: (message, error) => log.warn({ err: error }, message),
    });
    if (notary) teardown.add('notary', () => notary.close());
    const refusals = createRefusalRecords({
      append: audit.append,
      unixMs: clock.unixMs,
      after: clock.after,
      warn: (message, error) => log.warn({ err: error }, message),
    });
    teardown.add('refusals', () => refusals.close());

    const changes = createChangePort(holderProgramPath());
    const programs = createProgramRunner(holderProgramPath());
    teardown.add('programs', () => programs.stop());
    const settings = createSettings({ run: programs.run, putBackElsewhere: createPutBack(holderProgramPath()) });
    const reserve = openDescriptorReserve();
    teardown.add('descriptor reserve', () => reserve.close());
    const store = createStore({ journal, audit, latch, unixMs: clock.unixMs });
    onPolicyNews = (news) => {
      const detail = news.kind === 'in-force' ? `in force: ${news.loaded.source}` : `unusable: ${news.problem}`;
      if (news.kind === 'in-force')
        log.info({ policy: news.loaded.source, stage: policy().stage }, 'host policy, read again');
      else log.error({ problem: news.problem }, 'the host policy cannot be used: nothing is injected until it can');
      store
        .audit({ action: 'policy', by: 'host', detail })
        .catch((error: unknown) => log.warn({ err: error }, 'audit'));
    };
    const engine = createEngine(
      {
        clock,
        store,
        agentPid: process.pid,
        holders: createHolderPort({
          programPath: holderProgramPath(),
          warn: (message, error) => log.warn({ err: error }, message),
        }),
        host: withReserve(createHostView('/proc', reader), reserve),
        findFaultKind,
        continueProcess: (identity) => void reserve.giveUpFor(() => continueProcess(identity)),
        changes,
        settings,
        stressCgroup,
        warn: (message, error) => log.warn({ err: error }, message),
      },
      {
        latch: latch.found,
        faults: new Map(),
        injectedAtBootMs: [],
        keysUsedBefore: keysUsedBefore(audit.recent),
      },
    );
    teardown.add('faults', () => engine.stop());
    for (const { holder } of journal.records()) {
      if (holder && endStoppedHolder(holder, holderProgramPath())) log.warn({ holder }, 'a stopped holder was ended');
    }
    recoverFaults({
      engine,
      journal,
      clock,
      briefing: { changes: policy().changes },
      guard: createPutBackGuard(policy(), await reader.readTable('now')),
      findFaultKind,
      log,
    });

    const rollbackFiles = await openRollbackFiles(options.stateDirectory, Date.now());
    for (const problem of rollbackFiles.problems)
      log.warn({ problem }, 'a rollback of an earlier agent cannot be read');
    const rollbacks = createRollbacks({
      ...rollbackFiles,
      run: (action) => runAction(action, policy(), programs),
      audit: store.audit,
      bootMs,
      warn: (message, error) => log.warn({ err: error }, message),
    });
    teardown.add('rollbacks', engine.watch(rollbacks.hear));
    rollbacks.recover();

    const haltFiles = haltFilesOf(options);
    const watch = watchHaltFiles(haltFiles, (path) => {
      log.warn({ path }, 'halted by a file');
      engine.dispatch({
        type: 'halt',
        order: { requestId: randomUUID(), reason: `the file ${path}`, by: 'halt file' },
      });
    });
    teardown.add('halt files', () => watch.close());

    const addresses: string[] = [];
    const examiner = createExaminer({
      readTable: (freshness) => reader.readTable(freshness),
      findProcesses: createProcessFinder({ reader, bootMs }),
      searchProcesses: createProcessSearch({ reader, bootMs }),
      memory: () => readMemory(),
      fileSystem: (directory) => askFileSystem(directory, fileSystemAnswerMs).catch(() => undefined),
      usage() {
        const stressTasks = stressCgroup === undefined ? undefined : readTasksLimit(stressCgroup);
        return { openFiles: usage.openFiles(), tasks: usage.tasks(), ...(stressTasks ? { stressTasks } : {}) };
      },
      policy,
      refreshPolicy: keeper.refresh,
      policyProblem: keeper.problem,
      listenersOf: lookAtPorts,
      watchdogOf,
      strain: () => readHostStrain(),
      bootMs,
      unixMs: clock.unixMs,
      startedAtBootMs,
      haltFile: () => presentHaltFile(haltFiles),
      journalProblem: () => journal.problems[0]?.detail,
      digest: sha256Of,
      hostName: options.hostName,
      lookAtIntent: (proof, pinned) => lookAtIntent(proof, pinned, intents.usedBy),
      brief: createBriefer({ policy, agentPorts: () => portsOf(addresses) }),
      changes,
      settings,
      settingRefusal: (wanted) => settingRules(wanted).refusal?.(wanted.of, policy()),
      abilities,
      cpus: facts.cpus,
      agentPid: process.pid,
      findFaultKind,
      faultKindNames: faultKinds.map((kind) => kind.kind),
    });
    const server = createAgentServer({
      engine,
      clock,
      leaseMaxMs: () => policy().leaseMaxMs,
      commandLines: () => policy().commandLines,
      rollbacks,
      intents,
      actionRefusal: (action) => actionRefusal(action, policy()),
      examine: examiner.examine,
      listProcesses: examiner.listProcesses,
      observe: createObserver({ listProcesses: examiner.listProcesses, policy, bootMs, programs }),
      haltFileRefusals: examiner.haltFileRefusals,
      ...(notary ? { notary } : {}),
      onRefused: refusals.add,
      warn: (message, error) => log.warn({ err: error }, message),
      describe: async () =>
        describeHost({
          hostName: options.hostName,
          version,
          facts,
          policy: keeper.loaded(),
          figures: readHostFigures({ usage, abilities, cpus: facts.cpus }),
          abilities,
          kinds: faultKinds,
          state: engine.state(),
          latchDurability: engine.latchDurability(),
          now: { bootMs: clock.bootMs(), unixMs: clock.unixMs() },
        }),
    });
    teardown.add('server', () => server.forceShutdown());

    const identity = identify(parsePid(process.pid));
    if (identity) await writeAgentFile(options, identity);
    teardown.add('agent file', () => removeAgentFile(options));
    const local = await openFrontDoor(server, { kind: 'unix', path: socketPathOf(options) });
    teardown.add('local socket', () => local.close());
    addresses.push(local.address);
    let tlsIdentity: TlsIdentity | undefined;
    if (options.listen && options.tlsDirectory) {
      const files = keepTlsFiles(options.tlsDirectory, {
        roles: ['agent'],
        onNews(news) {
          const { detail, isRight } = tlsNewsText(news);
          if (isRight) log.info({ detail }, 'TLS files, read again');
          else log.error({ detail }, 'the TLS files cannot be used: the former ones stay in force');
          store
            .audit({ action: 'certificates', by: 'host', detail })
            .catch((error: unknown) => log.warn({ err: error }, 'audit'));
        },
      });
      tlsIdentity = files;
      teardown.add('TLS files', () => files.close());
      const door = await openFrontDoor(server, {
        kind: 'tls',
        ...addressOf(options.listen),
        identity: files,
        onTurnedAway({ address, name, reason }) {
          const refusal = {
            by: name ?? 'nobody',
            action: 'connection-refused',
            subject: address,
            detail: reason,
          } as const;
          if (refusals.add(refusal)) log.warn({ address, name, reason }, 'a peer was not let in');
        },
      });
      teardown.add('listener', () => door.close());
      addresses.push(door.address);
    }

    const told = tellServiceManager({
      engine,
      stage: () => policy().stage,
      problem: () => keeper.problem() ?? journal.problems[0]?.detail,
      diskProblem: () => whyWritesAreRefused(options.stateDirectory),
      log,
    });
    teardown.add('service manager', told);
    log.info({ addresses, pid: process.pid, halted: engine.state().latch.isHalted }, 'serving');
    return {
      addresses,
      engine,
      async reload() {
        tlsIdentity?.refresh();
        await keeper.reload();
      },
      stop: () => teardown.run(),
    };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

/** Where it listens now: the local socket has no port. */
function portsOf(addresses: readonly string[]): readonly number[] {
  return addresses.filter((address) => !address.startsWith('unix:')).map((address) => addressOf(address).port);
}

/** "127.0.0.1:7443", "[::1]:7443" @throws Error */
function addressOf(listen: string): { host: string; port: number } {
  const match = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(listen);
  const port = Number(match?.[2]);
  if (!match?.[1] || port > 65_535) throw new Error(`--listen ${listen}: must be HOST:PORT`);
  return { host: match[1], port };
}
