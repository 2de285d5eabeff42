import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../coordinator/ca/certificate-authority.ts';
import { loadExperiment } from '../../coordinator/experiment/load-experiment.ts';
import { scopeText } from '../../coordinator/experiment/scope-digest.ts';
import type { leash } from '../../proto/codec.ts';
import { intentText } from '../../proto/intent.ts';
import { targetingToWire } from '../../proto/selector.ts';
import { jsonToStruct } from '../../proto/struct.ts';
import { sha256Of } from '../../shared/digest.ts';
import { createTlsCredentials, tlsChannelOptions } from '../../shared/tls-client.ts';
import { loadTlsFiles } from '../../shared/tls-files.ts';
import { type AgentClient, type AgentRig, createAgentClient, startAgentRig } from '../rig/agent.ts';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { freePort } from '../rig/free-port.ts';
import { makeKey, type SigningKey } from '../rig/signing.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

/** What a coordinator that is not to be trusted has: a valid certificate, every intent that was ever signed, and no key. */
describe('an agent with a pinned key, against a coordinator with a valid certificate', () => {
  const name = workerName('i');
  let directory: TestDirectory;
  let agent: AgentRig;
  let coordinator: AgentClient;
  let worker: Worker;
  let signer: SigningKey;
  let stranger: SigningKey;
  let count = 0;

  beforeAll(async () => {
    directory = makeTestDirectory();
    signer = makeKey(directory.path, 'sam');
    stranger = makeKey(directory.path, 'eve');
    const authority = directory.sub('ca');
    await createAuthority({ directory: authority, trustDomain: 'leash.test', nowUnixMs: Date.now() });
    const issue = async (role: 'agent' | 'coordinator', who: string): Promise<string> => {
      const outDirectory = join(directory.sub('tls'), role);
      await issueCertificate(authority, { role, name: who, outDirectory, nowUnixMs: Date.now() });
      return outDirectory;
    };
    const address = `127.0.0.1:${await freePort()}`;
    worker = await startWorker(name);
    agent = await startAgentRig({
      policy: `stage: production-lite
rollback: { restart: [leash-test-none.service] }
injectsPerMinute: 600
intents: { fleet: shop, keys: ["${signer.publicKey}"] }
`,
      args: ['--host-name', 'host-a', '--listen', address, '--tls', await issue('agent', 'host-a')],
    });
    const expected = { role: 'agent', name: 'host-a' } as const;
    const tls = loadTlsFiles(await issue('coordinator', 'main'));
    coordinator = createAgentClient(address, createTlsCredentials(tls, expected), tlsChannelOptions(expected));
  });
  afterAll(async () => {
    coordinator?.close();
    await worker?.end();
    await agent?.dispose();
    directory?.remove();
  });

  const experiment = (forText = '1m') =>
    loadExperiment(
      'signed.yaml',
      `apiVersion: leash/v1
kind: Experiment
metadata: { name: signed, owner: test@example.com }
stage: production-lite
targets: { hosts: { mode: one }, processes: { name: ${name}, mode: one, seed: fixed } }
method:
  - { fault: process.pause, for: ${forText} }
  - { fault: process.slow, for: ${forText}, share: 50% }
`,
    );

  interface Written {
    readonly hosts?: readonly string[];
    readonly fleet?: string;
    readonly stage?: 'production-lite' | 'production-full';
    readonly fromMs?: number;
    readonly untilMs?: number;
    readonly runs?: number;
    readonly key?: SigningKey;
    readonly namespace?: string;
  }

  const hourMs = 3_600_000;
  const time = (unixMs: number): string => new Date(unixMs).toISOString().replace(/\.\d+Z$/, 'Z');

  function proof(written: Written = {}): leash.v1.IIntentProof {
    const { hosts = ['host-a'], fleet = 'shop', stage = 'production-lite', runs = 1, key = signer } = written;
    const now = Date.now();
    const scope = scopeText(experiment(), hosts);
    const intent = intentText({
      fleet,
      experiment: 'signed',
      scopeDigest: sha256Of(scope),
      stage,
      notBefore: time(now + (written.fromMs ?? -hourMs)),
      notAfter: time(now + (written.untilMs ?? hourMs)),
      runs,
      nonce: randomBytes(16).toString('hex'),
    });
    const file = join(directory.path, `intent-${++count}.json`);
    writeFileSync(file, intent);
    return { intent, scope, signature: key.sign(file, written.namespace) };
  }

  interface Asked {
    readonly intent?: leash.v1.IIntentProof | undefined;
    readonly runId?: string;
    readonly step?: 0 | 1;
    readonly forText?: string;
    readonly change?: Partial<leash.v1.IInjectRequest>;
    readonly client?: AgentClient;
  }

  async function inject({
    intent,
    runId = 'run-1',
    step: index = 0,
    forText = '1m',
    change = {},
    client = coordinator,
  }: Asked) {
    const step = experiment(forText).method[index]?.steps[0];
    if (step?.kind !== 'fault' || !step.targets.processes) throw new Error('no step');
    const spec = { kind: step.fault, parameters: jsonToStruct(step.parameters) };
    const asked = {
      spec,
      targeting: targetingToWire(step.targets.processes),
      durationMs: step.durationMs,
      stage: 'production-lite',
      ...(intent ? { intent } : {}),
    };
    const plan = await client.call('plan', { ...asked, runId });
    const reply = await client.call('inject', {
      ...asked,
      runId,
      idempotencyKey: `${runId}/${step.number}/host-a/${++count}`,
      targets: (plan.targets ?? []).flatMap((target) => target.identity ?? []),
      targetsDigest: plan.targetsDigest ?? '',
      leaseTtlMs: 10_000,
      haltEpoch: plan.haltEpoch ?? 0,
      ...change,
    });
    await client.call('restore', { faultId: reply.fault?.faultId ?? '' });
    return reply;
  }

  it.each<[string, Written | undefined, RegExp]>([
    ['none', undefined, /production-lite on this host takes signed intents only, and none came with it/],
    ['one for another host', { hosts: ['host-b'] }, /it is for host-b, and this is host-a/],
    ['one for another fleet', { fleet: 'mail' }, /it is for the fleet mail, and this is shop/],
    ['one past its date', { fromMs: -2 * 3_600_000, untilMs: -3_600_000 }, /it held until \S+, and it is/],
    ['one before its date', { fromMs: 3_600_000, untilMs: 2 * 3_600_000 }, /it holds from \S+, and it is/],
    [
      'one for another stage',
      { stage: 'production-full' },
      /it is for production-full, and this host is in production-lite/,
    ],
  ])('refuses %s', async (_what, written, message) => {
    await expect(inject({ intent: written ? proof(written) : undefined })).rejects.toThrow(message);
    expect(worker.isRunning()).toBe(true);
  });

  it('refuses one of another key, of another purpose, or of which one character was changed', async () => {
    await expect(inject({ intent: proof({ key: stranger }) })).rejects.toThrow('a key that is not among intents.keys');
    await expect(inject({ intent: proof({ namespace: 'git' }) })).rejects.toThrow('it was made for "git"');
    const good = proof();
    const edits: leash.v1.IIntentProof[] = [
      { ...good, intent: (good.intent ?? '').replace('"runs": 1', '"runs": 9') },
      { ...good, intent: `${good.intent} ` },
    ];
    for (const intent of edits)
      await expect(inject({ intent })).rejects.toThrow('does not fit what it is said to be over');
    const wider = { ...good, scope: (good.scope ?? '').replace('60000', '90000') };
    await expect(inject({ intent: wider })).rejects.toThrow('the scope that came with it is sha256:');
    await expect(inject({ intent: { ...good, signature: 'x' } })).rejects.toThrow('its signature: it must be between');
  });

  it('refuses what is not in the scope: longer, another parameter, another choice, another rollback, no run', async () => {
    const intent = proof({ runs: 9 });
    await expect(inject({ intent, forText: '2m' })).rejects.toThrow('step 1 has another duration');
    const faster = { spec: { kind: 'process.slow', parameters: jsonToStruct({ share: '10%' }) } };
    await expect(inject({ intent, step: 1, change: faster })).rejects.toThrow('another parameter');
    const wider = { targeting: { selector: { user: 'root' }, choice: { mode: 2 } } };
    await expect(inject({ intent, change: wider })).rejects.toThrow('another selector or choice');
    const rollback = [{ systemdRestart: { unit: 'leash-test-none.service' } }];
    await expect(inject({ intent, change: { rollback } })).rejects.toThrow('another rollback');
    await expect(inject({ intent, change: { runId: '' } })).rejects.toThrow('it goes with the id of a run');
    expect(worker.isRunning()).toBe(true);
  });

  it('takes one for as many runs as it says, each step of it once, also after a restart, and on the local socket too', async () => {
    const intent = proof({ runs: 2 });
    expect((await inject({ intent, runId: 'run-a' })).fault?.faultId).not.toBe('');
    await expect(inject({ intent, runId: 'run-a' })).rejects.toThrow('step 1 of run run-a was injected here already');
    await inject({ intent, runId: 'run-a', step: 1 });
    await inject({ intent, runId: 'run-b' });
    await expect(inject({ intent, runId: 'run-c' })).rejects.toThrow('it is for 2 runs, and run-a, run-b had them');
    const ended = new Promise((resolve) => agent.process().once('exit', resolve));
    agent.process().kill('SIGKILL');
    await ended;
    await agent.start();
    await expect(inject({ intent, runId: 'run-c', client: agent.client })).rejects.toThrow('run-a, run-b had them');
    await expect(inject({ intent, runId: 'run-b', client: agent.client })).rejects.toThrow('injected here already');
    await expect(inject({ client: agent.client })).rejects.toThrow('takes signed intents only');
    await inject({ intent: proof(), runId: 'run-d', client: agent.client });
  });

  it('is halted and let go of without any', async () => {
    const { halt } = await agent.client.call('halt', { requestId: 'request-1' });
    expect(halt?.halted).toBe(true);
    await agent.client.call('rearm', { expectedEpoch: halt?.epoch ?? 0 });
  });
});
