import { describe, expect, it } from 'vitest';
import { canary, createWorld, during, experiment, file, pause, type World } from '../world.ts';

const watched = { probes: [canary], baselineMs: 5000, recoveryMs: 10_000 };

async function stateOf(world: World, runId: string) {
  return (await world.engine.run(runId)).run;
}

describe('a restart of the coordinator', () => {
  it('leaves a submitted run to be started later', async () => {
    const world = await createWorld();
    world.files.set(file.name, experiment([[pause(1)]]));
    const { run } = await during(world.clock, world.engine.submit(file, 'alice'));
    await world.restart();
    await during(world.clock, world.engine.start(run.facts.runId, 'alice'));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
  });

  it('ends a run that was taking its baseline', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1)]], watched));
    await world.clock.advance(2000);
    await world.restart();
    await world.clock.advance(30_000);
    const run = await stateOf(world, runId);
    expect(run.life).toMatchObject({ phase: 'ended', result: 'aborted', end: { cause: 'coordinator-restarted' } });
    expect(world.fleet.agent('host-a').touches).toEqual([]);
  });

  it('ends a run that was injecting, and lets go of what arrived', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    world.fleet.delay('host-b', 'inject', 4000);
    const runId = await world.run(experiment([[pause(1, { durationMs: 60_000 })]]));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    await world.restart();
    await world.clock.advance(60_000);
    const run = await stateOf(world, runId);
    expect(run.life).toMatchObject({ phase: 'ended', result: 'aborted', end: { cause: 'coordinator-restarted' } });
    expect(world.fleet.agent('host-a').held()).toHaveLength(0);
    expect(world.fleet.agent('host-b').held()).toHaveLength(0);
    expect(world.fleet.agent('host-b').touches.length).toBeLessThanOrEqual(1);
  });

  it('takes up again a run whose every fault is still in force, and injects nothing twice', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    const runId = await world.run(experiment([[pause(1, { durationMs: 60_000 })]], watched));
    await world.clock.until(() => world.fleet.agent('host-b').held().length === 1);
    await world.clock.advance(8000);
    await world.restart();
    await world.clock.advance(20_000);
    expect(world.fleet.agent('host-a').held()).toHaveLength(1);
    await world.clock.advance(60_000);
    const run = await stateOf(world, runId);
    expect(run.life).toMatchObject({ phase: 'ended', end: { cause: 'completed' } });
    expect(world.fleet.agent('host-a').touches).toHaveLength(1);
  });

  it('leaves the verdict of a run that it takes up again unknown: nobody looked meanwhile', async () => {
    const world = await createWorld();
    const steadyState = [{ text: 'canary.latencyMs < 100', line: 1 }];
    const runId = await world.run(experiment([[pause(1, { durationMs: 60_000 })]], { ...watched, steadyState }));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    await world.clock.advance(8000);
    await world.restart();
    await world.clock.advance(90_000);
    expect(await stateOf(world, runId)).toMatchObject({
      life: { phase: 'ended', result: 'unknown' },
      unknown: 'nobody looked while the coordinator was away',
    });
  });

  it('goes on watching a run that it takes up again, against the baseline of before', async () => {
    const world = await createWorld();
    const abort = [{ text: 'canary.latencyMs > 3 * baseline', line: 1, forMs: 0 }];
    const runId = await world.run(experiment([[pause(1, { durationMs: 60_000 })]], { ...watched, abort }));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    await world.clock.advance(100);
    await world.restart();
    await world.clock.advance(3000);
    world.service = { isUp: true, latencyMs: 50 };
    await world.clock.advance(3000);
    expect((await stateOf(world, runId)).life).toMatchObject({ phase: 'ended', end: { cause: 'abort-rule' } });
  });

  it('ends a holding run when one of its faults is gone', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    const runId = await world.run(experiment([[pause(1, { durationMs: 60_000 })]]));
    await world.clock.until(() => world.fleet.agent('host-b').held().length === 1);
    await world.clock.advance(1000);
    world.fleet.agent('host-b').publish = () => undefined;
    world.fleet.agent('host-b').loseHolder();
    await world.restart();
    await world.clock.advance(5000);
    const run = await stateOf(world, runId);
    expect(run.life).toMatchObject({ phase: 'ended', result: 'aborted', end: { cause: 'coordinator-restarted' } });
    expect(world.fleet.agent('host-a').held()).toHaveLength(0);
  });

  it('ends a holding run when a host does not answer in time', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    const runId = await world.run(experiment([[pause(1, { durationMs: 60_000 })]]));
    await world.clock.until(() => world.fleet.agent('host-b').held().length === 1);
    await world.clock.advance(1000);
    world.fleet.cut('host-b');
    await world.restart();
    await world.clock.advance(30_000);
    expect((await stateOf(world, runId)).life).toMatchObject({ phase: 'ended', result: 'unresolved' });
    expect(world.fleet.agent('host-a').held()).toHaveLength(0);
    world.fleet.mend('host-b');
    await world.clock.advance(20_000);
    expect((await stateOf(world, runId)).life).toMatchObject({ phase: 'ended', result: 'aborted' });
  });

  it('goes on asking for receipts of a run that was ending', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1, { durationMs: 60_000 })]]));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    await world.clock.advance(100);
    world.fleet.cut('host-a');
    void world.engine.abort(runId, '', 'bob');
    await world.clock.advance(1000);
    await world.restart();
    world.fleet.mend('host-a');
    await world.clock.advance(10_000);
    expect((await stateOf(world, runId)).life).toMatchObject({ phase: 'ended', end: { cause: 'aborted-by-person' } });
  });

  it('ends a run that was recovering: nothing is injected, and it is not judged', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1, { durationMs: 5000 })]], watched));
    await world.clock.until(() => world.fleet.agent('host-a').touches.length === 1);
    await world.clock.advance(8000);
    expect((await stateOf(world, runId)).life).toMatchObject({ activity: { name: 'recovering' } });
    await world.restart();
    await world.clock.advance(1000);
    expect((await stateOf(world, runId)).life).toMatchObject({ phase: 'ended', result: 'aborted' });
  });

  it('lets go of a fault that no run claims, also on a host that comes back later', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    const runId = await world.run(experiment([[pause(1, { durationMs: 60_000 })]]));
    await world.clock.until(() => world.fleet.agent('host-b').held().length === 1);
    // The store of this coordinator is lost.
    Object.assign(world.store, { listUnfinishedRuns: async () => [] });
    world.fleet.cut('host-b');
    await world.restart();
    await world.clock.advance(100);
    expect(world.fleet.agent('host-a').held()).toHaveLength(0);
    world.fleet.mend('host-b');
    await world.clock.advance(100);
    expect(world.fleet.agent('host-b').held()).toHaveLength(0);
    expect(runId).not.toBe('');
  });

  it('leaves alone what another coordinator holds on the same host', async () => {
    const world = await createWorld();
    await world.run(experiment([[pause(1, { durationMs: 60_000 })]]));
    const agent = world.fleet.agent('host-a');
    await world.clock.until(() => agent.held().length === 1);
    agent.giveTo('theirs-0001');
    await world.restart();
    await world.clock.advance(1000);
    expect(agent.held()).toHaveLength(1);
  });

  it('lets go of everything when the coordinator is stopped in order', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1, { durationMs: 60_000 })]]));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    await during(world.clock, world.engine.stop());
    expect(world.fleet.agent('host-a').held()).toHaveLength(0);
    expect((await stateOf(world, runId)).life).toMatchObject({ phase: 'ended', end: { cause: 'coordinator-stopped' } });
  });
});
