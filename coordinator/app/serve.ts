/** The coordinator as one thing that starts and stops. Each set-up step registers its undo; they run last in, first out. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { logNameOf } from '../../shared/audit-checkpoint.ts';
import { createBootClock } from '../../shared/boot-clock.ts';
import { sha256Of } from '../../shared/digest.ts';
import { replaceFile } from '../../shared/durable-file.ts';
import { type Listener, openFrontDoor } from '../../shared/front-door.ts';
import type { Logger } from '../../shared/logger.ts';
import { openNotary } from '../../shared/open-notary.ts';
import { createRefusalRecords } from '../../shared/refusal-records.ts';
import type { TurnedAway } from '../../shared/tls-door.ts';
import { type TlsIdentity, tlsNewsText } from '../../shared/tls-identity.ts';
import { createAccess } from '../api/access.ts';
import { createDoor } from '../api/call.ts';
import { createCoordinatorServer } from '../api/server.ts';
import { defaultCoordinatorFile, readCoordinatorFile } from '../config/coordinator-file.ts';
import { createEngine } from '../engine/engine.ts';
import type { ExperimentReader } from '../engine/ports.ts';
import { createEnrolment } from '../enrolment/enrolment.ts';
import { openJoinedHosts } from '../enrolment/joined-hosts.ts';
import { loadExperiment } from '../experiment/load-experiment.ts';
import { compileRule } from '../experiment/rule.ts';
import { scopeDigest } from '../experiment/scope-digest.ts';
import { createAgentCertificates } from '../fleet/agent-certificates.ts';
import { openFleet } from '../fleet/fleet.ts';
import { gates } from '../gates/index.ts';
import { createHttpApp } from '../http/http-app.ts';
import { openHttpDoor } from '../http/http-door.ts';
import { createMetrics } from '../http/metrics.ts';
import { readTokens } from '../http/tokens.ts';
import { createAuthenticate } from '../identity/authenticate.ts';
import { openOidc } from '../identity/oidc.ts';
import { followInventory } from '../inventories/follow-inventory.ts';
import { openInventory } from '../inventories/index.ts';
import { createLoadDriver } from '../load/load-driver.ts';
import { openPermits } from '../permits/open-permits.ts';
import { createProbeSampler } from '../probes/index.ts';
import { openProgramme } from '../programme/open-programme.ts';
import { openErrorBudgets } from '../slo/error-budgets.ts';
import { openStore } from '../store/store.ts';
import { createClock } from './clock.ts';
import { tellServiceManager } from './tell-service-manager.ts';

export interface ServeOptions {
  /** Absolute; made with mode 0700 where it is missing. */
  readonly stateDirectory: string;
  /** Of the thread that has the database. */
  readonly storeProgram: string;
  /** Of people, as `openInventory` takes it; hosts that joined by themselves are beside it. */
  readonly inventory?: string;
  /** Hosts may join by `http` where it is given. */
  readonly authorityDirectory?: string;
  /** The coordinator's own file; defaults hold without one. */
  readonly filePath?: string;
  /** What is asked of every experiment; the default rules without it. */
  readonly programmePath?: string;
  readonly listeners: readonly Listener[];
  /** Where webhooks come in. */
  readonly http?: Listener;
  /** The file of the tokens of programs. */
  readonly tokensPath?: string;
  /** What the coordinator shows to agents. Without it, only agents on Unix sockets can be in the inventory. */
  readonly tls?: TlsIdentity;
  readonly logger: Logger;
}

export interface Coordinator {
  /** As bound: "unix:/path" or "host:port", in the order of the listeners. */
  readonly addresses: readonly string[];
  /** Ends every run, waits a while for the receipts, and closes everything. Idempotent. */
  stop(): Promise<void>;
}

const experiments: ExperimentReader = { load: loadExperiment, scopeDigest, compileRule };

/** How many hosts countersign a checkpoint of the coordinator's audit, in turn. */
const witnessesMax = 3;

/** @throws InventoryProblems, or whatever kept a step from being set up; what was set up before it is undone. */
export async function serve(options: ServeOptions): Promise<Coordinator> {
  const { logger, tls } = options;
  const undo: (() => void | Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= tearDown(undo, logger);
    return stopping;
  };
  try {
    const clock = createClock(createBootClock());
    const file = options.filePath === undefined ? defaultCoordinatorFile : await readCoordinatorFile(options.filePath);
    const store = await openStore(options.stateDirectory, clock.unixMs, options.storeProgram);
    undo.push(() => store.close());
    const { inventory, authorityDirectory } = options;
    const warn = (message: string, error: unknown): void => logger.warn({ err: error }, message);
    const listed =
      inventory === undefined
        ? undefined
        : await followInventory({
            source: openInventory(inventory),
            keptPath: join(options.stateDirectory, 'inventory-seen.json'),
            after: clock.after,
            warn,
          });
    // After the store, whose lock makes sure that this is the only one who writes it.
    const joined = openJoinedHosts(options.stateDirectory);
    const isListed = (name: string): boolean => listed?.hosts().some((host) => host.name === name) === true;
    const hosts = [...(listed?.hosts() ?? []), ...joined.hosts().filter(({ name }) => !isListed(name))];
    const id = await coordinatorId(options.stateDirectory);
    const { auditFile } = store;
    if (auditFile.repairedBytes > 0) {
      logger.warn(
        { bytes: auditFile.repairedBytes },
        'a torn last line of the audit, which was never acknowledged, was taken out',
      );
    }
    const notary = await openNotary({
      directory: options.stateDirectory,
      audit: auditFile,
      log: logNameOf('coordinator', id),
      ...clock,
      warn,
      counterpartsMax: witnessesMax,
    });
    if (notary) undo.push(() => notary.close());
    const refusals = createRefusalRecords({ append: auditFile.append, ...clock, warn });
    undo.push(() => refusals.close());
    const certificates = createAgentCertificates(tls, inventory ?? 'joined-hosts.json', clock.unixMs);
    const fleet = openFleet({
      hosts,
      clock,
      credentialsFor: certificates.credentialsFor,
      certificateProblem: certificates.problemOf,
      ...(notary ? { notary } : {}),
      warn,
    });
    undo.push(() => fleet.close());
    if (listed) undo.push(listed.follow(fleet.add));
    undo.push(certificates.watch(fleet.renewConnections));
    const stopWatching = tls?.watch((files) => {
      const { detail } = tlsNewsText({ kind: 'in-force', files });
      const record = { by: 'coordinator', action: 'certificates', subject: '', phase: 'outcome', detail } as const;
      store.audit(record).catch((error: unknown) => warn('the audit was not written', error));
    });
    if (stopWatching) undo.push(stopWatching);
    const sample = createProbeSampler({
      nowMs: clock.bootMs,
      unixMs: clock.unixMs,
      ...(file.prometheusUrl === undefined ? {} : { prometheusUrl: file.prometheusUrl }),
      programs: file.programs,
      hosts: fleet.hosts,
      observe: fleet.observe,
    });
    const { prometheusUrl, errorBudget: settings } = file;
    const errorBudgets = await openErrorBudgets({ settings, prometheusUrl, unixMs: clock.unixMs });
    const programme = await openProgramme({
      ...(options.programmePath === undefined ? {} : { path: options.programmePath }),
      records: store.programme,
      sample,
      unixMs: clock.unixMs,
    });
    const engine = await createEngine({
      clock,
      fleet,
      store,
      experiments,
      gates,
      ...(settings.slosDirectory === undefined ? {} : { errorBudgets }),
      programme,
      permits: openPermits({
        settings: file.permits,
        people: file.access.people,
        records: store.permits,
        unixMs: clock.unixMs,
        warn,
      }),
      sample,
      ...(file.load ? { load: createLoadDriver(file.load) } : {}),
      digest: sha256Of,
      newRunId: () => newRunId(clock.unixMs(), id),
      isOwnRunId: (runId) => runId.split('-')[2]?.startsWith(id) === true,
      warn,
    });
    undo.push(() => engine.stop());
    const { tokensPath } = options;
    // Wrong tokens are told now, and not when the first alert comes in.
    if (tokensPath !== undefined) await readTokens(tokensPath);
    const tokens = async () => (tokensPath === undefined ? [] : readTokens(tokensPath));
    const oidc = file.oidc ? openOidc(file.oidc) : undefined;
    const access = createAccess(file.access);
    const door = createDoor(access, createAuthenticate({ tokens, ...(oidc ? { oidc } : {}) }));
    const server = createCoordinatorServer(engine, door, clock.bootMs, refusals.add);
    undo.push(() => server.forceShutdown());
    const onTurnedAway = ({ address, name, reason }: TurnedAway): void => {
      const refusal = { by: name ?? 'nobody', action: 'connection-refused', subject: address, detail: reason } as const;
      if (refusals.add(refusal)) logger.warn({ address, name, reason }, 'a peer was not let in');
    };
    const addresses: string[] = [];
    for (const listener of options.listeners) {
      const door = await openFrontDoor(server, listener.kind === 'tls' ? { ...listener, onTurnedAway } : listener);
      undo.push(() => door.close());
      addresses.push(door.address);
    }
    if (options.http) {
      const enrolment =
        authorityDirectory === undefined
          ? undefined
          : createEnrolment({
              authorityDirectory,
              tokensDirectory: join(options.stateDirectory, 'join-tokens'),
              joined,
              isListed,
              unixMs: clock.unixMs,
              audit: store.audit,
              add: fleet.add,
            });
      const halterOf = async (secret: string): Promise<string | undefined> =>
        oidc && door.admitPeer(await oidc.verify(secret), 'haltFleet').asker.name;
      const metrics = createMetrics(engine, clock.bootMs);
      undo.push(() => metrics.stop());
      const app = createHttpApp({
        engine,
        metrics,
        tokens,
        halterOf,
        warn,
        ...(enrolment ? { enrolment } : {}),
        chat: file.chat.map((setup) => setup.open(clock)),
        refused: (by, subject, detail) => void refusals.add({ by, action: 'call-refused', subject, detail }),
      });
      const http = await openHttpDoor(app, options.http);
      undo.push(() => http.close());
      addresses.push(`http ${http.address}`);
    }
    undo.push(tellServiceManager(engine, clock.bootMs));
    logger.info({ addresses, hosts: hosts.length }, 'the coordinator answers');
    return { addresses, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Every step is undone, also after one of them failed. */
async function tearDown(undo: (() => void | Promise<void>)[], logger: Logger): Promise<void> {
  for (let step = undo.pop(); step; step = undo.pop()) {
    try {
      await step();
    } catch (error) {
      logger.warn({ err: error }, 'a step of the stop failed');
    }
  }
}

/**
 * "20261123-215536-9f3c2ab1": sorts by time, short enough to type. The last part begins with what tells this coordinator
 * from another one of the same fleet.
 */
function newRunId(unixMs: number, coordinatorId: string): string {
  const stamp = new Date(unixMs).toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${coordinatorId}${randomBytes(2).toString('hex')}`;
}

/** Made once, with the state directory; a coordinator that lost its state is another one, and leaves old faults to their leases. */
async function coordinatorId(stateDirectory: string): Promise<string> {
  const path = join(stateDirectory, 'id');
  const known = await readFile(path, 'utf8').catch(() => '');
  if (/^[0-9a-f]{4}$/.test(known.trim())) return known.trim();
  const made = randomBytes(2).toString('hex');
  await replaceFile(path, `${made}\n`);
  return made;
}
