/** A real agent over mutual TLS that a test may attack, with a known coordinator beside it that says how it fares. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, type ClientOptions } from '@grpc/grpc-js';
import { createAuthority, issueCertificate } from '../../coordinator/ca/certificate-authority.ts';
import type { Role } from '../../proto/role.ts';
import { createTlsCredentials, tlsChannelOptions } from '../../shared/tls-client.ts';
import { loadTlsFiles } from '../../shared/tls-files.ts';
import { percentile, rounded } from '../bench/figures.ts';
import { type AgentClient, type AgentRig, createAgentClient, startAgentRig } from './agent.ts';
import { makeTestDirectory } from './directory.ts';
import { freePort } from './free-port.ts';
import { projectFolder } from './project.ts';
import { startSideProcess } from './side-process.ts';
import { until } from './until.ts';
import { startWorker, type Worker, workerName } from './workers.ts';

export interface PulseFigures {
  readonly calls: number;
  readonly failed: number;
  readonly lastError: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** CPU time that the agent's main thread spent in any one call: how long its loop was busy, whatever else ran. */
  readonly workMaxMs: number;
}

export interface Flood {
  readonly opened: number;
  readonly closed: number;
  readonly refused: number;
  readonly framesSent: number;
  readonly closedAfterMaxMs: number;
}

export type FloodKind =
  | 'idle'
  | 'hello'
  | 'drip'
  | 'reset'
  | 'headers'
  | 'ping'
  | 'settings'
  | 'continuation'
  | 'garbage';

export interface Besieged {
  readonly agent: AgentRig;
  readonly authority: string;
  readonly host: string;
  readonly port: number;
  /** A process that must never be touched. */
  readonly bystander: Worker;
  /** A directory for --tls. */
  issue(role: Role, name: string, validMs?: number): Promise<string>;
  /** A client that shows the certificate of a directory. */
  client(tlsDirectory: string): AgentClient;
  /** One that sends bytes as they are. */
  rawClient(tlsDirectory: string, options?: ClientOptions): Client;
  /** Such clients in turn: of one connection, an agent takes 200 calls a second. */
  rawClients(tlsDirectory: string): () => Client;
  /** Calls of a known coordinator, one after the other, until it is stopped. */
  startPulse(kind?: 'standing' | 'fresh'): Promise<{ stop(): Promise<PulseFigures> }>;
  startFlood(kind: FloodKind, count: number, tlsDirectory?: string): Promise<{ stop(): Promise<Flood> }>;
  /** Halts over a connection of its own and rearms. @returns how long the halt took. @throws unless it latched. */
  halt(): Promise<number>;
  /** What must hold after any attack. @throws Error that says what does not. */
  expectUntouched(): Promise<void>;
  dispose(): Promise<void>;
}

const clientsInTurn = 8;

export async function startBesieged(policy?: string): Promise<Besieged> {
  const host = '127.0.0.1';
  const port = await freePort();
  const directory = makeTestDirectory();
  const authority = directory.sub('ca');
  await createAuthority({ directory: authority, trustDomain: 'leash.test', nowUnixMs: Date.now() });

  async function issue(role: Role, name: string, validMs?: number): Promise<string> {
    const outDirectory = join(directory.sub('tls'), `${role}-${name}`);
    const life = validMs === undefined ? {} : { validMs };
    await issueCertificate(authority, { role, name, outDirectory, nowUnixMs: Date.now(), ...life });
    return outDirectory;
  }

  const args = ['--host-name', 'host-a', '--listen', `${host}:${port}`, '--tls', await issue('agent', 'host-a')];
  const agent = await startAgentRig({ args, ...(policy === undefined ? {} : { policy }) });
  const bystander = await startWorker(workerName('b'));
  const known = await issue('coordinator', 'known');
  const expected = { role: 'agent', name: 'host-a' } as const;
  const closing: { close(): void }[] = [];
  const remembered = <Closing extends { close(): void }>(client: Closing): Closing => {
    closing.push(client);
    return client;
  };
  const credentialsOf = (tlsDirectory: string) => createTlsCredentials(loadTlsFiles(tlsDirectory), expected);
  const channelOptions = { ...tlsChannelOptions(expected), 'grpc.use_local_subchannel_pool': 1 };
  const client = (tlsDirectory: string): AgentClient =>
    remembered(createAgentClient(`${host}:${port}`, credentialsOf(tlsDirectory), channelOptions));
  const rawClient = (tlsDirectory: string, options: ClientOptions = {}): Client =>
    remembered(new Client(`${host}:${port}`, credentialsOf(tlsDirectory), { ...channelOptions, ...options }));
  const sideProgram = (name: string): string => join(projectFolder, 'test/hostile', name);

  return {
    agent,
    authority,
    host,
    port,
    bystander,
    issue,
    client,
    rawClient,
    rawClients(tlsDirectory) {
      const clients = Array.from({ length: clientsInTurn }, () => rawClient(tlsDirectory));
      let turn = 0;
      return () => clients[turn++ % clientsInTurn] as Client;
    },
    async startPulse(kind = 'standing') {
      const command = [
        process.execPath,
        sideProgram('pulse.mjs'),
        host,
        String(port),
        known,
        String(agent.pid()),
        kind,
      ];
      const side = await startSideProcess<{
        latenciesMs: number[];
        workMs: number[];
        failed: number;
        lastError: string;
      }>(command);
      return {
        async stop() {
          const { latenciesMs, workMs, failed, lastError } = await side.stop();
          return {
            calls: latenciesMs.length,
            failed,
            lastError,
            p50Ms: rounded(percentile(latenciesMs, 0.5)),
            p99Ms: rounded(percentile(latenciesMs, 0.99)),
            maxMs: rounded(Math.max(...latenciesMs)),
            workMaxMs: rounded(Math.max(...workMs)),
          };
        },
      };
    },
    startFlood(kind, count, tlsDirectory) {
      const command = [process.execPath, sideProgram('flood.mjs'), kind, host, String(port), String(count)];
      return startSideProcess<Flood>([...command, ...(tlsDirectory === undefined ? [] : [tlsDirectory])]);
    },
    async halt() {
      const halter = createAgentClient(`${host}:${port}`, credentialsOf(known), channelOptions);
      try {
        const startedAtMs = performance.now();
        const { halt } = await halter.call('halt', { requestId: `siege-${startedAtMs}`, reason: 'siege' });
        const tookMs = performance.now() - startedAtMs;
        if (!halt?.halted) throw new Error('the halt did not latch');
        await agent.client.call('rearm', { expectedEpoch: halt.epoch ?? 0, reason: 'siege' });
        return tookMs;
      } finally {
        halter.close();
      }
    },
    async expectUntouched() {
      const { exitCode, signalCode } = agent.process();
      if (exitCode !== null || signalCode !== null) throw new Error(`the agent ended: ${agent.log()}`);
      const { active } = await agent.client.call('describe', {});
      if (active?.length !== 0) throw new Error(`${active?.length} faults are active`);
      await until('the bystander runs', () => bystander.isRunning());
      const audit = readFileSync(join(agent.directory.path, 'state', 'audit.jsonl'), 'utf8');
      if (audit.includes('"inject')) throw new Error(`something was injected: ${audit}`);
    },
    async dispose() {
      for (const each of closing) each.close();
      await bystander.end();
      await agent.dispose();
      directory.remove();
    },
  };
}
