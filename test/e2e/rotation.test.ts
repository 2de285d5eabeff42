/** Certificates change while a fault is held: renewed, it goes on; revoked, it is let go of. */
import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const policy = 'stage: development\ninjectsPerMinute: 600\njournalWithoutSupervisor: true\n';

let rig: FleetRig;
let worker: Worker;
let runId: string;

beforeEach(async () => {
  rig = await startFleetRig({ hosts: 1, policy });
  const name = workerName('c');
  worker = await startWorker(name);
  const file = rig.write(
    'held.yaml',
    `apiVersion: leash/v1
kind: Experiment
metadata: { name: held, owner: test@example.com }
hypothesis: nobody is missed
stage: development
lease: 3s
blastRadius: { hosts: 1, processesPerHost: 1 }
targets:
  hosts: { names: [host-a], mode: one }
  processes: { name: ${name}, mode: one }
method:
  - { fault: process.pause, for: 120s }
`,
  );
  const { code, document } = await rig.json('run', file);
  expect(code).toBe(0);
  runId = document.run?.runId ?? document.runId;
  await until('the worker is held', () => worker.isHeld());
});
afterEach(async () => {
  await worker.end();
  await rig.dispose();
});

const tlsOf = (name: string): string => join(rig.directory.path, 'tls', name);
const authority = (): string => join(rig.directory.path, 'ca');
const auditOf = (state: string): string => readFileSync(join(state, 'audit.jsonl'), 'utf8');
const agentState = (): string => rig.hosts[0]?.agent.directories[1] ?? '';
const coordinatorState = (): string => join(rig.directory.path, 'coordinator');

/** The serial number that the agent shows to a new connection. */
function serialShown(): Promise<string> {
  const tls = tlsOf('coordinator-main');
  const port = Number(rig.hosts[0]?.address.split(':')[1]);
  return new Promise((resolve, reject) => {
    const [cert, key] = [readFileSync(join(tls, 'main.crt')), readFileSync(join(tls, 'main.key'))];
    const socket = connect(
      { host: '127.0.0.1', port, cert, key, rejectUnauthorized: false, ALPNProtocols: ['h2'] },
      () => {
        resolve(new X509Certificate(socket.getPeerCertificate().raw).serialNumber);
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}

const renewals = async (): Promise<number> =>
  (await rig.hosts[0]?.agent.client.call('describe', {}))?.active?.[0]?.leaseRemainingMs ?? 0;

it('`leash ca rotate` of agent and coordinator: both show the new ones, and what is held is held on', async () => {
  const rotate = async (name: string) => {
    const { code, document } = await rig.json(
      'ca',
      'rotate',
      '--dir',
      authority(),
      '--tls',
      tlsOf(name),
      '--revoke-former',
    );
    expect(code).toBe(0);
    return document as { serialNumber: string; formerSerialNumber: string };
  };
  const agent = await rotate('agent-host-a');
  await until('the agent shows the new certificate', async () => (await serialShown()) === agent.serialNumber);
  const coordinator = await rotate('coordinator-main');
  await until('the coordinator has read its own', () => auditOf(coordinatorState()).includes(coordinator.serialNumber));
  // From here on the former ones are worth nothing, on either side: what goes on goes on over the new ones.
  for (const name of ['agent-host-a', 'coordinator-main']) {
    copyFileSync(join(authority(), 'deny.list'), join(tlsOf(name), 'deny.list'));
  }
  await until('the agent has read the list', () => /"action":"certificates".*2 denied/.test(auditOf(agentState())));
  await until('the coordinator has read the list', () =>
    /"action":"certificates".*2 denied/.test(auditOf(coordinatorState())),
  );
  // Longer than a lease: were it not renewed, it would be gone.
  const fromMs = performance.now();
  await until('three leases have passed', async () => {
    expect(worker.isHeld(), rig.log()).toBe(true);
    expect(await renewals()).toBeGreaterThan(0);
    return performance.now() - fromMs > 9000;
  });
  const { document } = await rig.json('hosts');
  expect(document.hosts[0]).toMatchObject({ status: 'connected' });
  const listed = await rig.json('ca', 'list', '--dir', authority());
  const states = Object.fromEntries(
    listed.document.certificates.map((each: { serialNumber: string; state: string }) => [
      each.serialNumber,
      each.state,
    ]),
  );
  expect(states).toMatchObject({
    [agent.serialNumber]: 'valid',
    [agent.formerSerialNumber]: 'revoked',
    [coordinator.serialNumber]: 'valid',
    [coordinator.formerSerialNumber]: 'revoked',
  });
  const aborted = await rig.leash('abort', runId);
  expect(aborted.code).not.toBe(5);
  await until('the worker runs', () => worker.isRunning());
});

it('a coordinator that is revoked on the host has its session ended, and what it held is let go of by its lease', async () => {
  const { code, document } = await rig.json(
    'ca',
    'revoke',
    '--dir',
    authority(),
    '--name',
    'coordinator/main',
    '--reason',
    'taken over',
  );
  expect(code).toBe(0);
  expect(document.revoked).toHaveLength(1);
  copyFileSync(join(authority(), 'deny.list'), join(tlsOf('agent-host-a'), 'deny.list'));
  await until('the worker runs', () => worker.isRunning());
  await until('the coordinator is told why', () =>
    auditOf(agentState()).includes('is revoked: it is on the deny list'),
  );
  expect(auditOf(agentState())).toContain('taken over');
  await until('its session is over', async () => (await rig.json('hosts')).document.hosts[0].status !== 'connected');
});

it('an agent that is revoked at the coordinator is not spoken to any more', async () => {
  await rig.leash('ca', 'revoke', '--dir', authority(), '--name', 'agent/host-a', '--reason', 'taken over');
  copyFileSync(join(authority(), 'deny.list'), join(tlsOf('coordinator-main'), 'deny.list'));
  const shown = await until('the host is not connected', async () => {
    const { document } = await rig.json('hosts');
    const [host] = document.hosts;
    return host.status !== 'connected' && String(host.error).includes('revoked') && host;
  });
  expect(shown.error).toContain('taken over');
  await until('the worker runs', () => worker.isRunning());
});
