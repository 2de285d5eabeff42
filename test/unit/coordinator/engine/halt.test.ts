import { describe, expect, it } from 'vitest';
import { FakeAgent } from '../fake-agent.ts';
import { createWorld, during, experiment, file, pause } from '../world.ts';

const order = { requestId: 'request-1', reason: 'drill', by: 'carol' };

describe('a halt of the fleet', () => {
  it('latches every host, ends every run, and says how long each took', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    const runId = await world.run(experiment([[pause(1)]]));
    await world.clock.until(() => world.fleet.agent('host-b').held().length === 1);
    const hosts = await during(world.clock, world.engine.halt(order));
    expect(hosts.map((host) => [host.host, host.answer?.epoch])).toEqual([
      ['host-a', 2],
      ['host-b', 2],
    ]);
    expect(hosts[0]?.answer?.latchedMs).toBeLessThan(10);
    expect(hosts[0]?.answer?.receipts[0]).toMatchObject({ cause: 'halted', confirmed: true });
    await world.clock.advance(1000);
    const { run } = await world.engine.run(runId);
    expect(run.life).toMatchObject({ phase: 'ended', result: 'aborted', end: { cause: 'halted' } });
  });

  it('that comes between the record and the order keeps the inject from being sent', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1)]]));
    let halting: Promise<unknown> = Promise.resolve();
    const stop = world.engine.watch((event) => {
      if (event.kind !== 'step') return;
      stop();
      halting = world.engine.halt(order);
    });
    await world.clock.advance(5000);
    await halting;
    expect(world.fleet.calls.get('host-a inject')).toBeUndefined();
    const { run } = await world.engine.run(runId);
    expect(run.placements[0]?.life).toMatchObject({ phase: 'never' });
  });

  it('that comes while injects are under way lets go of them all', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    world.fleet.delay('host-b', 'inject', 3000);
    const runId = await world.run(experiment([[pause(1)]]));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    await during(world.clock, world.engine.halt(order));
    await world.clock.advance(30_000);
    expect(world.fleet.agent('host-a').held()).toHaveLength(0);
    expect(world.fleet.agent('host-b').touches).toHaveLength(0);
    const { run } = await world.engine.run(runId);
    expect(run.life).toMatchObject({ phase: 'ended', result: 'aborted', end: { cause: 'halted' } });
  });

  it('outlives a host that is gone while it is told to let go of what it has not answered yet', async () => {
    const rejections: unknown[] = [];
    const hear = (error: unknown): void => void rejections.push(error);
    process.on('unhandledRejection', hear);
    try {
      const world = await createWorld();
      world.fleet.delay('host-a', 'inject', 3000);
      world.fleet.refuse('host-a', 'restore');
      const runId = await world.run(experiment([[pause(1)]]));
      await world.clock.until(() => world.fleet.calls.has('host-a inject'));
      // Later than the restore is refused.
      world.fleet.delay('host-a', 'describe', 500);
      await during(world.clock, world.engine.halt(order));
      await world.clock.advance(1000);
      expect(rejections).toEqual([]);
      const { events } = await world.engine.run(runId);
      expect(events.map(({ text }) => text).join('\n')).toContain('connection refused');
    } finally {
      process.off('unhandledRejection', hear);
    }
  });

  it('says of an unreachable host when its last lease ends', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    await world.run(experiment([[pause(1, { durationMs: 60_000 })]]));
    await world.clock.until(() => world.fleet.agent('host-b').held().length === 1);
    await world.clock.advance(4000);
    world.fleet.cut('host-b');
    const cutAtUnixMs = world.clock.unixMs();
    const hosts = await during(world.clock, world.engine.halt(order));
    const silent = hosts.find((host) => host.host === 'host-b');
    expect(silent?.answer).toBeUndefined();
    expect(silent?.error).toContain('no answer');
    expect(silent?.lastLeaseEndsAtUnixMs).toBeGreaterThan(cutAtUnixMs + 5000);
    await world.clock.advance((silent?.lastLeaseEndsAtUnixMs ?? 0) - world.clock.unixMs());
    expect(world.fleet.agent('host-b').held()).toHaveLength(0);
  });

  it('halts a host that comes into the inventory while the fleet is halted, once, and not after the rearm', async () => {
    const world = await createWorld();
    await during(world.clock, world.engine.halt(order));
    world.fleet.join(new FakeAgent('host-b', world.clock, {}));
    await world.clock.advance(5000);
    expect(world.fleet.agent('host-b').describe().isHalted).toBe(true);
    world.fleet.cut('host-b');
    world.fleet.mend('host-b');
    await world.clock.advance(5000);
    expect(world.fleet.calls.get('host-b halt')).toBe(1);
    await during(world.clock, world.engine.rearm({ hosts: [], reason: 'over', by: 'carol' }));
    world.fleet.join(new FakeAgent('host-c', world.clock, {}));
    await world.clock.advance(5000);
    expect(world.fleet.agent('host-c').describe().isHalted).toBe(false);
  });

  it('is told again to a host that has it in memory only, until a disk of the host takes it', async () => {
    const world = await createWorld();
    const agent = world.fleet.agent('host-a');
    agent.durability = 'memory-only';
    const hosts = await during(world.clock, world.engine.halt(order));
    expect(hosts[0]?.answer?.durability).toBe('memory-only');
    await world.clock.advance(4000);
    expect(world.fleet.calls.get('host-a halt')).toBe(3);
    agent.durability = 'durable';
    await world.clock.advance(60_000);
    expect(world.fleet.calls.get('host-a halt')).toBe(4);
  });

  it('is asked after at once when a host says that its disk has it', async () => {
    const world = await createWorld();
    const agent = world.fleet.agent('host-a');
    agent.durability = 'memory-only';
    await during(world.clock, world.engine.halt(order));
    await world.clock.advance(20_000);
    const calls = world.fleet.calls.get('host-a halt') ?? 0;
    agent.durability = 'durable';
    const wire = { halted: true, epoch: agent.haltEpoch };
    agent.publish({ type: 'halt', isHalted: true, epoch: agent.haltEpoch, durability: 'durable', text: '', wire });
    await world.clock.advance(100);
    expect(world.fleet.calls.get('host-a halt')).toBe(calls + 1);
    await world.clock.advance(120_000);
    expect(world.fleet.calls.get('host-a halt')).toBe(calls + 1);
  });

  it('is told to a host that could not be reached as soon as it is back, and not after a rearm', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    world.fleet.cut('host-a');
    await during(world.clock, world.engine.halt(order));
    await world.clock.advance(60_000);
    expect(world.fleet.calls.get('host-a halt')).toBe(1);
    world.fleet.mend('host-a');
    await world.clock.advance(100);
    expect(world.fleet.agent('host-a').isHalted).toBe(true);
    world.fleet.cut('host-b');
    await during(world.clock, world.engine.halt({ ...order, requestId: 'request-2' }));
    await during(world.clock, world.engine.rearm({ hosts: [], reason: 'over', by: 'dave' }));
    const calls = world.fleet.calls.get('host-b halt');
    world.fleet.mend('host-b');
    await world.clock.advance(60_000);
    expect(world.fleet.calls.get('host-b halt')).toBe(calls);
  });

  it('of which only an event came back is in memory only, for all that is known', async () => {
    const world = await createWorld();
    const halting = world.engine.halt(order);
    await world.clock.advance(1);
    world.fleet.loseAnswers('host-a', 'halt');
    const hosts = await during(world.clock, halting);
    expect(hosts[0]?.answer).toMatchObject({ epoch: 2, durability: 'memory-only' });
  });

  it('is answered while the disk of the coordinator hangs, and says so in the log', async () => {
    const world = await createWorld();
    world.store.writeLatch = () => new Promise(() => undefined);
    const [host] = await during(world.clock, world.engine.halt(order));
    expect(host?.answer).toMatchObject({ durability: 'durable' });
    expect(world.warnings.join()).toContain('the halt latch is not written yet');
  });

  it('works while the store is broken', async () => {
    const world = await createWorld();
    await world.run(experiment([[pause(1)]]));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    world.store.isBroken = true;
    const hosts = await during(world.clock, world.engine.halt(order));
    expect(hosts[0]?.answer?.epoch).toBe(2);
    expect(world.engine.latch().isHalted).toBe(true);
  });

  it('stays after a restart, and refuses to start anything until the fleet is rearmed', async () => {
    const world = await createWorld();
    await during(world.clock, world.engine.halt(order));
    await world.restart();
    expect(world.engine.latch()).toMatchObject({ isHalted: true, epoch: 1, by: 'carol' });
    world.files.set(file.name, experiment([[pause(1)]]));
    const { run } = await during(world.clock, world.engine.submit(file, 'alice'));
    const starting = during(world.clock, world.engine.start(run.facts.runId, 'alice'));
    await expect(starting).rejects.toThrow(/the fleet is halted \(drill, by carol\).*host-a is halted/);
    const hosts = await during(world.clock, world.engine.rearm({ hosts: [], reason: 'over', by: 'dave' }));
    expect(hosts).toEqual([{ host: 'host-a', isRearmed: true, epoch: 2 }]);
    expect(world.engine.latch().isHalted).toBe(false);
    await world.run(experiment([[pause(1)]]));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
  });

  it('is told after a restart of the coordinator to a host that it had not reached', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    world.fleet.cut('host-b');
    await during(world.clock, world.engine.halt(order));
    await world.restart();
    await world.clock.advance(60_000);
    expect(world.fleet.agent('host-b').isHalted).toBe(false);
    world.fleet.mend('host-b');
    await world.clock.advance(5000);
    expect(world.fleet.agent('host-b').isHalted).toBe(true);
  });

  it('is not counted again, after a restart of the coordinator, by a host that was rearmed since', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    await during(world.clock, world.engine.halt(order));
    await during(world.clock, world.engine.rearm({ hosts: ['host-a'], reason: 'looked at', by: 'dave' }));
    await world.restart();
    await world.clock.advance(60_000);
    expect(world.fleet.agent('host-a').isHalted).toBe(false);
    expect(world.fleet.agent('host-b').isHalted).toBe(true);
  });

  it('stays, also after a restart, where the disk took the rearm only after it had been given up', async () => {
    const world = await createWorld();
    await during(world.clock, world.engine.halt(order));
    const { writeLatch } = world.store;
    world.store.writeLatch = async (latch) => {
      await writeLatch(latch);
      if (!latch.isHalted) throw new Error('the store does not answer');
    };
    const rearming = world.engine.rearm({ hosts: [], reason: 'over', by: 'dave' });
    await expect(during(world.clock, rearming)).rejects.toThrow('does not answer');
    expect(world.engine.latch().isHalted).toBe(true);
    await world.restart();
    expect(world.engine.latch().isHalted).toBe(true);
  });

  it('keeps no coordinator from its stop while its disk hangs', async () => {
    const world = await createWorld();
    await world.run(experiment([[pause(1)]]));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    world.store.saveRun = () => new Promise(() => undefined);
    await during(world.clock, world.engine.stop());
    expect(world.fleet.agent('host-a').held()).toHaveLength(0);
  });

  it('wins against a rearm that began before it', async () => {
    const world = await createWorld();
    await during(world.clock, world.engine.halt(order));
    const rearming = world.engine.rearm({ hosts: [], reason: 'over', by: 'dave' });
    const halting = world.engine.halt({ ...order, requestId: 'request-2' });
    await during(world.clock, Promise.all([rearming, halting]));
    expect(world.engine.latch().isHalted).toBe(true);
    expect(world.fleet.agent('host-a').isHalted).toBe(true);
    await world.restart();
    expect(world.engine.latch().isHalted).toBe(true);
  });
});
