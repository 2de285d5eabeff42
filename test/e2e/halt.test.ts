import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

describe('the kill switch over three hosts', () => {
  const names = ['p', 'q', 'r'].map(workerName);
  const workers: Worker[] = [];
  let rig: FleetRig;
  let file: string;

  beforeAll(async () => {
    rig = await startFleetRig();
    for (const name of names) workers.push(await startWorker(name));
    const steps = rig.hosts.map(
      (host, index) =>
        `      - { fault: process.pause, for: 60s, targets: { hosts: { names: [${host.name}], mode: one }, processes: { name: ${names[index]}, mode: one } } }`,
    );
    file = rig.write(
      'hold.yaml',
      `apiVersion: leash/v1
kind: Experiment
metadata: { name: hold, owner: test@example.com }
stage: development
blastRadius: { hosts: 3, processesPerHost: 1 }
targets: { hosts: { mode: all }, processes: { name: ${names[0]}, mode: one } }
method:
  - parallel:
${steps.join('\n')}
`,
    );
  });
  afterAll(async () => {
    for (const worker of workers) await worker.end();
    await rig.dispose();
  });

  async function holdAll(): Promise<void> {
    const { code, errors } = await rig.leash('run', file);
    expect(errors).toBe('');
    expect(code).toBe(0);
    await until('all three are held', () => workers.every((worker) => worker.isHeld()));
  }
  const allRun = (): Promise<boolean> => until('all three run', () => workers.every((worker) => worker.isRunning()));

  it('latches and restores each host, and says how long it took', async () => {
    await holdAll();
    const { code, document } = await rig.json('halt', '--reason', 'test');
    await allRun();
    expect(code).toBe(0);
    expect(document.hosts).toHaveLength(3);
    for (const host of document.hosts) {
      expect(host).toMatchObject({ latched: true, confirmed: true, volatile: false });
      expect(host.latchedMs).toBeGreaterThan(0);
      expect(host.restoredMs).toBeGreaterThan(0);
    }
  });

  it('stays: a halted host refuses to inject, also after a restart of its agent', async () => {
    expect((await rig.leash('run', file, '--wait')).code).toBe(3);
    const [first] = rig.hosts;
    first?.agent.process().kill('SIGKILL');
    await until('the agent ended', () => first?.agent.process().signalCode === 'SIGKILL');
    await first?.agent.start();
    const described = await first?.agent.client.call('describe', {});
    expect(described?.halt).toMatchObject({ halted: true });
    await until('the host is connected again', async () => {
      const { document } = await rig.json('hosts');
      return document.hosts.every((host: { status: string }) => host.status === 'connected');
    });
    const refused = await rig.leash('run', file, '--wait');
    expect(refused.code).toBe(3);
    expect(refused.errors + refused.output).toMatch(/halted/);
  });

  it('is released by rearm', async () => {
    const { code, document } = await rig.json('rearm', '--reason', 'test');
    expect(code).toBe(0);
    for (const host of document.hosts) expect(host).toMatchObject({ rearmed: true });
    await holdAll();
    expect((await rig.leash('halt')).code).toBe(0);
    await allRun();
    expect((await rig.leash('rearm')).code).toBe(0);
  });

  it('goes straight to the agents when the coordinator is down', async () => {
    await holdAll();
    await rig.leash('hosts');
    rig.coordinator().kill('SIGKILL');
    const tls = await rig.issue('halter', 'oncall');
    const { code, document } = await rig.json('halt', '--direct', '--tls', tls, '--reason', 'direct');
    await allRun();
    expect(code).toBe(0);
    expect(document).toMatchObject({ direct: true, confirmed: true });
    const rearmer = await rig.issue('rearmer', 'rita');
    expect((await rig.leash('rearm', '--direct', '--tls', tls)).code).toBe(7);
    expect((await rig.leash('rearm', '--direct', '--tls', rearmer)).code).toBe(0);
    await rig.startCoordinator();
    // The coordinator has a latch of its own, which it kept.
    await rig.leash('rearm');
  });

  it('says of a hung agent when its last lease ends, and works on that host itself', async () => {
    await holdAll();
    const [first] = rig.hosts;
    const hung = first?.agent.process();
    hung?.kill('SIGSTOP');
    const fleet = await rig.json('halt', '--reason', 'one hangs');
    expect(fleet).toMatchObject({ code: 5, document: { confirmed: false } });
    const [atHung, ...others] = fleet.document.hosts;
    expect(atHung).toMatchObject({ host: 'host-a', latched: false, confirmed: false });
    expect(atHung.lastLeaseEndsAtUnixMs).toBeGreaterThan(Date.now() - 60_000);
    for (const host of others) expect(host).toMatchObject({ latched: true, confirmed: true });
    const { code, output } = await rig.agentCommand(0, 'halt', '--json');
    expect(JSON.parse(output)).toMatchObject({ by: 'force', isGone: true });
    expect(code).toBe(0);
    await until('its worker runs', () => workers[0]?.isRunning());
    await until('the hung agent is gone', () => hung?.signalCode === 'SIGKILL');
    await allRun();
  });
});
