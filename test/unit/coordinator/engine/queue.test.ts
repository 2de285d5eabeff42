import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../../../coordinator/core/experiment.ts';
import type { RunState } from '../../../../coordinator/core/run.ts';
import { allHosts, createWorld, during, experiment, file, pause, type World } from '../world.ts';

const minuteMs = 60_000;

function held(more: Partial<Experiment> = {}): Experiment {
  return experiment([[pause(1, { durationMs: minuteMs })]], more);
}

async function submitted(world: World, what: Experiment): Promise<string> {
  world.files.set(file.name, what);
  return (await during(world.clock, world.engine.submit(file, 'alice'))).run.facts.runId;
}

async function queuedRun(world: World, what = held(), queueForMs = 10 * minuteMs): Promise<string> {
  const runId = await submitted(world, what);
  await during(world.clock, world.engine.start(runId, 'bob', { queueForMs }));
  return runId;
}

async function stateOf(world: World, runId: string): Promise<RunState> {
  return (await world.engine.run(runId)).run;
}

function takenBy(runId = ''): string {
  return `zone unknown (host-a) is taken: run ${runId} (test) has it, at most 1 experiment a zone`;
}

async function busyWorld(): Promise<{ world: World; first: string }> {
  const world = await createWorld({ 'host-a': {} }, { hasClaims: true });
  const first = await world.run(held());
  await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
  return { world, first };
}

describe('a run that is queued', () => {
  it('is told its place and why, touches nothing, and begins when the other is over', async () => {
    const { world, first } = await busyWorld();
    const second = await queuedRun(world);
    expect((await stateOf(world, second)).life).toMatchObject({
      phase: 'queued',
      by: 'bob',
      place: 1,
      why: takenBy(first),
    });
    expect(world.fleet.agent('host-a').touches).toHaveLength(1);
    await world.clock.advance(minuteMs + 10_000);
    expect((await stateOf(world, first)).life.phase).toBe('ended');
    expect(await stateOf(world, second)).toMatchObject({ life: { phase: 'running' }, facts: { startedBy: 'bob' } });
    expect(world.store.audited.filter(({ action }) => action === 'start').map(({ subject }) => subject)).toEqual([
      first,
      second,
      second,
    ]);
  });

  it('is served in the order in which it came, and moves up', async () => {
    const { world, first } = await busyWorld();
    const runIds = [await queuedRun(world), await queuedRun(world), await queuedRun(world)];
    const places = async () =>
      Promise.all(
        runIds.map(async (runId) => {
          const { life } = await stateOf(world, runId);
          return life.phase === 'queued' ? life.place : life.phase;
        }),
      );
    expect(await places()).toEqual([1, 2, 3]);
    await during(world.clock, world.engine.abort(first, '', 'alice'));
    await world.clock.advance(3000);
    expect(await places()).toEqual(['running', 1, 2]);
    const { events } = await world.engine.run(runIds[2] ?? '');
    expect(events.map(({ text }) => text)).toContainEqual(`number 2 of the queue: ${takenBy(runIds[0])}`);
  });

  it('is refused when its time in the queue is over, with why it waited', async () => {
    const { world, first } = await busyWorld();
    const second = await queuedRun(world, held(), 20_000);
    await world.clock.advance(25_000);
    expect((await stateOf(world, second)).life).toMatchObject({
      phase: 'ended',
      result: 'refused',
      end: {
        cause: 'refused',
        detail: `it waited in the queue for 20s: ${takenBy(first)}`,
      },
    });
  });

  it('can be aborted, and then never begins', async () => {
    const { world } = await busyWorld();
    const second = await queuedRun(world);
    await during(world.clock, world.engine.abort(second, 'not needed', 'carol'));
    await world.clock.advance(2 * minuteMs);
    expect((await stateOf(world, second)).life).toMatchObject({
      result: 'aborted',
      end: { cause: 'aborted-by-person' },
    });
    expect(world.fleet.agent('host-a').touches).toHaveLength(1);
  });

  it('waits on over a restart of the coordinator, and begins afterwards', async () => {
    const { world } = await busyWorld();
    const second = await queuedRun(world);
    await world.restart();
    expect((await stateOf(world, second)).life).toMatchObject({ phase: 'queued', place: 1 });
    await world.clock.advance(minuteMs + 10_000);
    expect((await stateOf(world, second)).life.phase).toBe('running');
  });

  describe('over a restart of the coordinator that its host comes back to late', () => {
    async function twoHosts(): Promise<{ world: World; first: string; second: string }> {
      const labels = { zone: 'eu-1' };
      const world = await createWorld({ 'host-a': { labels }, 'host-b': { labels } }, { hasClaims: true });
      const on = (name: string) => {
        const targets = { ...allHosts, hosts: { ...allHosts.hosts, names: [name] } };
        return experiment([[pause(1, { durationMs: minuteMs, targets })]]);
      };
      const first = await world.run(on('host-a'));
      await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
      return { world, first, second: await queuedRun(world, on('host-b')) };
    }

    it('waits on while others have its zone', async () => {
      const { world, first, second } = await twoHosts();
      world.fleet.cut('host-b');
      await world.restart();
      await world.clock.advance(20_000);
      expect((await stateOf(world, second)).life).toMatchObject({ phase: 'queued', place: 1 });
      world.fleet.mend('host-b');
      await during(world.clock, world.engine.abort(first, '', 'alice'));
      await world.clock.until(() => world.fleet.agent('host-b').held().length === 1);
    });

    it('begins where nobody has its zone any more', async () => {
      const { world, first, second } = await twoHosts();
      world.fleet.delay('host-b', 'plan', 3000);
      await during(world.clock, world.engine.abort(first, '', 'alice'));
      await world.clock.advance(1000);
      expect((await stateOf(world, first)).life.phase).toBe('ended');
      expect((await stateOf(world, second)).life.phase).toBe('queued');
      world.fleet.cut('host-b');
      world.fleet.delay('host-b', 'plan', 0);
      await world.restart();
      await world.clock.advance(1000);
      world.fleet.mend('host-b');
      await world.clock.until(() => world.fleet.agent('host-b').held().length === 1);
    });

    it('is refused where it stays away, and told so', async () => {
      const { world, first, second } = await twoHosts();
      world.fleet.cut('host-b');
      await world.restart();
      await during(world.clock, world.engine.abort(first, '', 'alice'));
      await world.clock.advance(20_000);
      expect((await stateOf(world, second)).life).toMatchObject({
        end: { cause: 'refused', detail: expect.stringContaining('host-b is not connected') },
      });
    });
  });

  it('does not begin once the fleet was halted, also when it is rearmed', async () => {
    const { world } = await busyWorld();
    const second = await queuedRun(world);
    await during(world.clock, world.engine.halt({ requestId: 'r', reason: 'enough', by: 'carol' }));
    expect((await stateOf(world, second)).life).toMatchObject({ phase: 'ended', end: { cause: 'halted' } });
  });
});

describe('a run that asks to be queued', () => {
  it('begins at once where nobody has what it needs', async () => {
    const world = await createWorld({ 'host-a': {} }, { hasClaims: true });
    const runId = await queuedRun(world);
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    expect((await stateOf(world, runId)).life.phase).toBe('running');
  });

  it('is refused at once where waiting cannot help', async () => {
    const { world } = await busyWorld();
    const runId = await submitted(world, held({ blastRadius: { hostsPercent: 1 } }));
    await expect(during(world.clock, world.engine.start(runId, 'bob', { queueForMs: minuteMs }))).rejects.toThrow(
      /blast-radius/,
    );
    expect((await stateOf(world, runId)).life).toMatchObject({ phase: 'ended', result: 'refused' });
  });
});
