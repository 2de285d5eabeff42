import { describe, expect, it } from 'vitest';
import type { Detector, DetectorMode } from '../../../../coordinator/core/experiment.ts';
import { canary, createWorld, experiment, pause, type World } from '../world.ts';

function watched(mode: DetectorMode, more: Partial<Detector> = {}) {
  const detector: Detector = {
    probe: 'canary',
    value: 'latencyMs',
    settings: { method: 'sequential', falseAborts: 0.01 },
    mode,
    worse: 'up',
    everyMs: 1000,
    line: 1,
    ...more,
  };
  const method = [[pause(1, { durationMs: 60_000 })]];
  return experiment(method, { probes: [canary], baselineMs: 30_000, detectors: [detector] });
}

async function begun(world: World, mode: DetectorMode, more: Partial<Detector> = {}): Promise<string> {
  const runId = await world.run(watched(mode, more));
  await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
  return runId;
}

async function ended(world: World, runId: string) {
  await world.clock.advance(120_000);
  const { run, events } = await world.engine.run(runId);
  return { run, texts: events.map(({ kind, text }) => `${kind}: ${text}`) };
}

describe('a detector', () => {
  it('ends the run in abort mode, with the numbers that it rests on', async () => {
    const world = await createWorld();
    const runId = await begun(world, 'abort');
    world.service = { isUp: true, latencyMs: 300 };
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 0, 20_000);
    const { run } = await ended(world, runId);
    expect(run.life).toMatchObject({ phase: 'ended', result: 'aborted', end: { cause: 'abort-rule' } });
    expect(run.life).toMatchObject({
      end: {
        detail: expect.stringMatching(
          /^at \d\d:\d\d:\d\d detector sequential on canary\.latencyMs: canary\.latencyMs is 300 \(baseline: median 10, spread 0, \d+ observations\); the odds against "nothing has changed" are \d+ to 1/,
        ),
      },
    });
    expect(run.detectors).toMatchObject([
      { method: 'sequential', mode: 'abort', alarm: { observation: expect.any(Number) } },
    ]);
    expect(run.detectors?.[0]?.points.length).toBeGreaterThan(2);
  });

  it('only advises in advise mode, and says how to follow the advice', async () => {
    const world = await createWorld();
    const runId = await begun(world, 'advise');
    world.service = { isUp: true, latencyMs: 300 };
    const { run, texts } = await ended(world, runId);
    expect(run.life).toMatchObject({ phase: 'ended', end: { cause: 'completed' } });
    const advice = texts.filter((text) => text.startsWith('advice: '));
    expect(advice).toHaveLength(1);
    expect(advice[0]).toMatch(new RegExp(`abort this run: sequential on .*; leash abort ${runId}$`));
  });

  it('changes nothing in the shadow, and is on record', async () => {
    const world = await createWorld();
    const runId = await begun(world, 'shadow');
    world.service = { isUp: true, latencyMs: 300 };
    const { run, texts } = await ended(world, runId);
    expect(run.life).toMatchObject({ phase: 'ended', end: { cause: 'completed' } });
    expect(texts.filter((text) => text.startsWith('probe: detector in the shadow: '))).toHaveLength(1);
    expect(run.detectors).toMatchObject([{ mode: 'shadow', alarm: { detail: expect.stringContaining('300') } }]);
  });

  it('says nothing of a run in which nothing changes, and keeps what it saw', async () => {
    const world = await createWorld();
    const { run } = await ended(world, await begun(world, 'abort'));
    expect(run.life).toMatchObject({ phase: 'ended', end: { cause: 'completed' } });
    expect(run.detectors?.[0]).not.toHaveProperty('alarm');
    expect(run.detectors?.[0]?.observations).toBeGreaterThan(50);
    expect(run.detectors?.[0]?.baseline.length).toBeGreaterThanOrEqual(29);
  });

  it('takes a probe that falls silent for the worst there can be', async () => {
    const world = await createWorld();
    const runId = await begun(world, 'abort', { value: 'latencyMs' });
    world.service = undefined;
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 0, 30_000);
    const { run } = await ended(world, runId);
    expect(run.life).toMatchObject({ end: { detail: expect.stringContaining('canary.latencyMs has no value') } });
    expect(run.detectors?.[0]?.missing).toBeGreaterThan(0);
  });

  it('lets nothing be injected where it is to abort and its baseline has no values', async () => {
    const world = await createWorld();
    world.service = { isUp: true, latencyMs: 10 };
    const runId = await world.run(watched('abort', { value: 'nothing' }));
    const { run } = await ended(world, runId);
    expect(run.life).toMatchObject({
      result: 'refused',
      end: { detail: expect.stringMatching(/is to abort and cannot see: 0 observations of the baseline have a value/) },
    });
    expect(world.fleet.agent('host-a').touches).toEqual([]);
  });

  it('is blind in the shadow where its baseline has no values, and says so', async () => {
    const world = await createWorld();
    const { run } = await ended(world, await begun(world, 'shadow', { value: 'nothing' }));
    expect(run.life).toMatchObject({ end: { cause: 'completed' } });
    expect(run.detectors).toMatchObject([
      { blind: expect.stringContaining('at least 20 are needed'), observations: 0 },
    ]);
  });

  it('goes on after a restart of the coordinator over the baseline of before, and says that evidence begins anew', async () => {
    const world = await createWorld();
    const runId = await begun(world, 'abort');
    await world.clock.advance(10_000);
    await world.restart();
    await world.clock.advance(5000);
    world.service = { isUp: true, latencyMs: 300 };
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 0, 20_000);
    const { run, texts } = await ended(world, runId);
    expect(run.life).toMatchObject({ result: 'aborted', end: { cause: 'abort-rule' } });
    expect(run.detectors).toMatchObject([{ restarts: 1, alarm: { observation: expect.any(Number) } }]);
    expect(texts).toContain(
      'probe: detectors begin anew over the baseline of before; evidence from before does not count',
    );
  });

  it('keeps an alarm of before a restart', async () => {
    const world = await createWorld();
    const runId = await begun(world, 'shadow');
    world.service = { isUp: true, latencyMs: 300 };
    await world.clock.advance(15_000);
    const before = (await world.engine.run(runId)).run.detectors?.[0]?.alarm;
    expect(before).toBeDefined();
    await world.restart();
    const { run } = await ended(world, runId);
    expect(run.detectors?.[0]?.alarm).toEqual(before);
  });
});
