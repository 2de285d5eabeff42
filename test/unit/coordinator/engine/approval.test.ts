import { describe, expect, it } from 'vitest';
import { type Asker, everywhere } from '../../../../coordinator/core/access.ts';
import { type Approval, defaultApprovals } from '../../../../coordinator/core/approval.ts';
import { personOf } from '../../../../coordinator/core/bindings.ts';
import type { Permits } from '../../../../coordinator/engine/permits-port.ts';
import { approval } from '../../../../coordinator/gates/approval.ts';
import { role } from '../../../../coordinator/gates/role.ts';
import type { Role } from '../../../../proto/role.ts';
import { createWorld, during, experiment, file, pause, type World } from '../world.ts';

const asker = (name: string, ...roles: readonly Role[]): Asker => ({
  name,
  person: personOf(name),
  groups: [],
  grants: roles.map((each) => ({ ...everywhere, role: each, source: 'the certificate' })),
});
const alice = asker('spiffe://acme/runner/alice', 'runner');
const bob = asker('spiffe://acme/approver/bob', 'approver');
const carol = asker('spiffe://acme/approver/carol', 'approver');

function permits(lifeMs: number): Permits {
  const approvals: Approval[] = [];
  return {
    rules: { approvals: { ...defaultApprovals, 'production-lite': { approvers: 2, lifeMs } } },
    records: {
      addApproval: async (each) => void approvals.push(each),
      approvalsOf: async (name) => approvals.filter((each) => each.experiment === name),
      takeIntent: async () => true,
      intentRuns: async () => 0,
    },
    personOf,
    checkTicket: async () => ({ isGood: true, detail: '' }),
    policies: [],
    proofFor: async () => undefined,
  };
}

const production = experiment([[pause(1)]], { stage: 'production-lite' });
const dayMs = 86_400_000;

async function productionWorld(lifeMs = dayMs): Promise<World> {
  const hosts = { 'host-a': { stage: 'production-lite' } };
  const world = await createWorld(hosts, { ports: { permits: permits(lifeMs), gates: [role, approval] } });
  world.files.set(file.name, production);
  return world;
}
const submit = async (world: World): Promise<string> =>
  (await during(world.clock, world.engine.submit(file, alice.name, { asker: alice }))).run.facts.runId;
const approve = (world: World, runId: string, by: Asker, scopeDigest?: string) =>
  during(world.clock, world.engine.approve(runId, { asker: by, comment: '', ...(scopeDigest ? { scopeDigest } : {}) }));
const start = (world: World, runId: string, by = alice) =>
  during(world.clock, world.engine.start(runId, by.name, { asker: by }));

describe('a run in production', () => {
  it('starts by two others, and waits while there are fewer', async () => {
    const world = await productionWorld();
    const runId = await submit(world);
    await expect(start(world, runId)).rejects.toThrow('approval: 0 of 2 approvals');
    await expect(approve(world, runId, asker('spiffe://acme/approver/alice', 'approver'))).rejects.toThrow(
      'somebody else must approve',
    );
    await expect(approve(world, runId, asker('spiffe://acme/viewer/dave', 'viewer'))).rejects.toThrow(
      'may not approve',
    );
    expect((await approve(world, runId, bob)).people).toEqual(['bob@acme']);
    await expect(start(world, runId)).rejects.toThrow('approval: 1 of 2 approvals');
    await approve(world, runId, carol);
    const { run } = await start(world, runId);
    expect([run.life.phase, run.facts.startedAs?.person]).toEqual(['running', 'alice@acme']);
    expect(world.store.audited.map(({ by, action }) => `${action} ${by}`)).toContain(`approve ${bob.name}`);
  });

  it('is the same for a worker that was restarted', async () => {
    const world = await productionWorld();
    const runId = await submit(world);
    for (const by of [bob, carol]) await approve(world, runId, by);
    world.fleet.agent('host-a').respawn();
    expect((await start(world, runId)).run.life.phase).toBe('running');
  });

  it('is refused before a group whose hosts are not those that were approved', async () => {
    const view = { rules: { approvals: defaultApprovals }, approvedScope: 'sha256:one' };
    const input = { experiment: production, permits: view, moment: 'step', scopeDigest: 'sha256:two' };
    const { refusals } = await approval.evaluate(input as never);
    expect(refusals).toEqual(['the scope is sha256:two now, and sha256:one was approved']);
    expect((await approval.evaluate({ ...input, scopeDigest: 'sha256:one' } as never)).refusals).toEqual([]);
  });

  it('needs other approvals where one character of its scope is another', async () => {
    const world = await productionWorld();
    const runId = await submit(world);
    for (const by of [bob, carol]) await approve(world, runId, by);
    world.files.set(file.name, { ...production, name: 'tesu' });
    const changed = await submit(world);
    await expect(start(world, changed)).rejects.toThrow('0 of 2 approvals of scope:tesu');
    await expect(approve(world, changed, bob, 'scope:test:host-a')).rejects.toThrow('its scope is scope:tesu');
  });

  it('needs others when they are older than their life', async () => {
    const world = await productionWorld(60_000);
    const runId = await submit(world);
    for (const by of [bob, carol]) await approve(world, runId, by);
    let isOver = false;
    world.clock.after(60_000, () => {
      isOver = true;
    });
    await world.clock.until(() => isOver);
    await expect(start(world, runId)).rejects.toThrow(/0 of 2 approvals.*it ran out at/);
  });

  it('is not started by somebody whose right ends elsewhere', async () => {
    const world = await productionWorld();
    const runId = await submit(world);
    for (const by of [bob, carol]) await approve(world, runId, by);
    const narrow: Asker = {
      ...alice,
      grants: [{ ...everywhere, role: 'runner', stages: ['staging'], source: 'binding 1' }],
    };
    await expect(start(world, runId, narrow)).rejects.toThrow(
      'role: spiffe://acme/runner/alice may not start process.pause on host-a in production-lite: runner in staging (binding 1)',
    );
  });

  it('is refused where no approvals are kept', async () => {
    const world = await createWorld({ 'host-a': { stage: 'production-lite' } }, { ports: { gates: [approval] } });
    world.files.set(file.name, production);
    const runId = await submit(world);
    await expect(start(world, runId)).rejects.toThrow('production-lite needs approvals, and none are kept here');
  });
});
