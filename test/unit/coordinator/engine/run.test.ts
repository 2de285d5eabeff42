import { describe, expect, it } from 'vitest';
import type { RunState } from '../../../../coordinator/core/run.ts';
import { canary, createWorld, during, experiment, file, pause, type World } from '../world.ts';

const watched = {
  probes: [canary],
  baselineMs: 5000,
  recoveryMs: 5000,
  steadyState: [{ text: 'canary.latencyMs < 100', line: 1 }],
  abort: [{ text: 'canary.errorRatio > 0.2', line: 2, forMs: 2000 }],
};

async function ended(world: World, runId: string, withinMs = 300_000): Promise<RunState> {
  let state: RunState | undefined;
  await world.clock.until(() => {
    void world.engine.run(runId).then((view) => {
      state = view.run;
    });
    return state?.life.phase === 'ended';
  }, withinMs);
  return (await world.engine.run(runId)).run;
}

function resultOf(run: RunState): string {
  return run.life.phase === 'ended' ? `${run.life.result} (${run.life.end.cause})` : run.life.phase;
}

async function texts(world: World, runId: string): Promise<string> {
  const { events } = await world.engine.run(runId);
  return events.map((event) => `${event.kind} ${event.host} ${event.text}`).join('\n');
}

describe('a run', () => {
  it('takes a baseline, injects on every host, lets go, recovers and is judged', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    const runId = await world.run(experiment([[pause(1)]], watched));
    await world.clock.until(() => world.fleet.agent('host-b').held().length === 1);
    expect(world.fleet.agent('host-a').held()).toHaveLength(1);
    const run = await ended(world, runId);
    expect(resultOf(run)).toBe('held (completed)');
    expect(run.placements.map((placement) => placement.life.phase)).toEqual(['ended', 'ended']);
    expect(run.baseline.canary?.latencyMs?.median).toBe(10);
    expect(run.probes.find((probe) => probe.value === 'latencyMs')).toMatchObject({ duringMax: 10, after: 10 });
    expect(run.targetsDigests).toHaveLength(2);
    const { events } = await world.engine.run(runId);
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1));
  });

  it('is kept alive by renewals for longer than a lease', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1, { durationMs: 120_000 })]]));
    await world.clock.advance(60_000);
    expect(world.fleet.agent('host-a').held()).toHaveLength(1);
    expect(resultOf(await ended(world, runId))).toBe('not-judged (completed)');
  });

  it('is kept alive also where its lease is shorter than the usual time between renewals', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1, { durationMs: 20_000 })]], { leaseTtlMs: 1000 }));
    await world.clock.advance(10_000);
    expect(world.fleet.agent('host-a').held()).toHaveLength(1);
    expect(resultOf(await ended(world, runId))).toBe('not-judged (completed)');
  });

  it('deviates when the steady state does not hold while the fault is in force', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1)]], watched));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    world.service = { isUp: true, latencyMs: 200 };
    await world.clock.advance(3000);
    world.service = { isUp: true, latencyMs: 10 };
    const run = await ended(world, runId);
    expect(resultOf(run)).toBe('deviated (completed)');
    expect(run.deviation).toContain('canary.latencyMs=200 < 100');
  });

  it('is neither held nor deviated when a value was missing meanwhile', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1)]], { ...watched, abort: [] }));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    world.service = undefined;
    await world.clock.advance(8000);
    world.service = { isUp: true, latencyMs: 10 };
    const run = await ended(world, runId);
    expect(resultOf(run)).toBe('unknown (completed)');
    expect(run.unknown).toContain('"canary.latencyMs < 100" cannot be judged: no data');
    expect(run.deviation).toBeUndefined();
  });

  it('has deviated when a rule was broken, whatever else was missing', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1)]], { ...watched, abort: [] }));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    world.service = undefined;
    await world.clock.advance(8000);
    world.service = { isUp: true, latencyMs: 200 };
    await world.clock.advance(3000);
    world.service = { isUp: true, latencyMs: 10 };
    expect(resultOf(await ended(world, runId))).toBe('deviated (completed)');
  });

  it('is aborted when a rule is breached for as long as it says, with the decision in words', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1)]], watched));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    world.service = { isUp: false, latencyMs: 10 };
    const run = await ended(world, runId, 20_000);
    expect(resultOf(run)).toBe('aborted (abort-rule)');
    expect(run.life).toMatchObject({ end: { detail: expect.stringMatching(/errorRatio=0\.\d+ > 0.2 .*for 2s/) } });
    expect(world.fleet.agent('host-a').held()).toHaveLength(0);
  });

  it('is aborted when a probe falls silent, since missing data is a breach', async () => {
    const world = await createWorld();
    const runId = await world.run(
      experiment([[pause(1, { durationMs: 60_000 })]], {
        ...watched,
        steadyState: [],
        abort: [{ text: 'canary.latencyMs > 500', line: 2, forMs: 0 }],
      }),
    );
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    world.service = undefined;
    expect(resultOf(await ended(world, runId, 20_000))).toBe('aborted (abort-rule)');
  });

  it('is refused before anything is touched when the steady state does not hold', async () => {
    const world = await createWorld();
    world.service = { isUp: true, latencyMs: 300 };
    const runId = await world.run(experiment([[pause(1)]], watched));
    expect(resultOf(await ended(world, runId))).toBe('refused (refused)');
    expect(world.fleet.agent('host-a').touches).toEqual([]);
  });

  it('lets go everywhere when a person aborts it, and answers when every host has confirmed', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    const runId = await world.run(experiment([[pause(1)]]));
    await world.clock.until(() => world.fleet.agent('host-b').held().length === 1);
    const { run } = await during(world.clock, world.engine.abort(runId, 'enough', 'bob'));
    expect(resultOf(run)).toBe('aborted (aborted-by-person)');
    expect(run.placements.every((placement) => placement.life.phase === 'ended')).toBe(true);
    const again = await during(world.clock, world.engine.abort(runId, 'enough', 'bob'));
    expect(resultOf(again.run)).toBe('aborted (aborted-by-person)');
  });

  it('runs the steps of a group at the same time, waits, and goes on to the next group', async () => {
    const world = await createWorld({ 'host-a': { processes: ['worker', 'other'] } });
    const other = { selector: { name: 'other' }, choice: { mode: 'one', seed: '' } } as const;
    const second = pause(2, { targets: { ...pause(1).targets, processes: other } });
    const method = [
      [pause(1), second],
      [{ kind: 'wait', number: 3, durationMs: 20_000 } as const],
      [pause(4, { durationMs: 5000 })],
    ];
    const runId = await world.run(experiment(method));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 2);
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 0);
    await world.clock.advance(19_000);
    expect(world.fleet.agent('host-a').touches).toHaveLength(2);
    expect(resultOf(await ended(world, runId))).toBe('not-judged (completed)');
    expect(world.fleet.agent('host-a').touches).toEqual([
      `${runId}/1/host-a`,
      `${runId}/2/host-a`,
      `${runId}/4/host-a`,
    ]);
  });

  it('chooses again inside the scope for a step that says so, and refuses one that does not', async () => {
    const kill = pause(1, { fault: 'process.kill', consentIrreversible: true });
    const again = await createWorld();
    const runId = await again.run(experiment([[kill], [pause(2, { reselect: true })]]));
    expect(resultOf(await ended(again, runId))).toBe('not-judged (completed)');
    expect(again.fleet.agent('host-a').touches).toHaveLength(2);

    const fixed = await createWorld();
    const fixedId = await fixed.run(experiment([[kill], [pause(2)]]));
    expect(resultOf(await ended(fixed, fixedId))).toBe('refused (refused)');
    expect(await texts(fixed, fixedId)).toMatch(/targets changed: host-a: pid 100 \(worker\).*pid 101.*reselect/);
  });

  it('lets go of what was injected when another host refuses', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    world.fleet.agent('host-b').injectRefusal = { reason: 'rate-limited', message: '6 injects, at most 5 a minute' };
    const runId = await world.run(experiment([[pause(1)]]));
    const run = await ended(world, runId);
    expect(resultOf(run)).toBe('refused (refused)');
    expect(world.fleet.agent('host-a').held()).toHaveLength(0);
    expect(await texts(world, runId)).toContain('6 injects, at most 5 a minute');
  });

  it('ends when a fault ends before its time on its host', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    const runId = await world.run(experiment([[pause(1)]]));
    await world.clock.until(() => world.fleet.agent('host-b').held().length === 1);
    world.fleet.agent('host-a').loseHolder();
    expect(resultOf(await ended(world, runId, 5000))).toBe('aborted (fault-ended-early)');
    expect(world.fleet.agent('host-b').held()).toHaveLength(0);
  });
});

describe('a run in doubt', () => {
  it('ends when a host is cut off for a lease, stays unresolved, and is cleared by the late receipt', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    const runId = await world.run(experiment([[pause(1, { durationMs: 120_000 })]]));
    await world.clock.until(() => world.fleet.agent('host-b').held().length === 1);
    await world.clock.advance(100);
    world.fleet.cut('host-a');
    await world.clock.until(() => world.fleet.agent('host-b').held().length === 0, 15_000);
    // The dead-man's switch: the cut-off host has let go by itself.
    expect(world.fleet.agent('host-a').held()).toHaveLength(0);
    const run = await ended(world, runId, 60_000);
    expect(resultOf(run)).toBe('unresolved (host-unreachable)');
    expect(world.engine.unresolvedOn('host-a')).toHaveLength(1);
    await world.clock.advance(100_000);
    world.fleet.mend('host-a');
    await world.clock.advance(20_000);
    expect(resultOf((await world.engine.run(runId)).run)).toBe('aborted (host-unreachable)');
    expect(world.engine.unresolvedOn('host-a')).toHaveLength(0);
    expect(await texts(world, runId)).toContain('every host has confirmed now');
  });

  it('survives an interruption that is shorter than a lease', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1, { durationMs: 60_000 })]]));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    world.fleet.cut('host-a');
    await world.clock.advance(5000);
    world.fleet.mend('host-a');
    expect(resultOf(await ended(world, runId))).toBe('not-judged (completed)');
    expect(world.fleet.agent('host-a').touches).toHaveLength(1);
  });

  it('is never called restored without a receipt, and two people close it as abandoned', async () => {
    const world = await createWorld();
    world.fleet.agent('host-a').canConfirm = false;
    const runId = await world.run(experiment([[pause(1, { durationMs: 5000 })]]));
    expect(resultOf(await ended(world, runId))).toBe('unresolved (receipt-missing)');
    const close = (by: string) =>
      during(world.clock, world.engine.resolve({ host: 'host-a', reason: 'reinstalled', by }));
    expect((await close('alice')).isAbandoned).toBe(false);
    expect((await close('alice')).message).toContain('1 of 2 people');
    expect((await close('bob')).isAbandoned).toBe(true);
    await world.clock.advance(1000);
    const { run } = await world.engine.run(runId);
    expect(run.placements[0]?.life.phase).toBe('abandoned');
    expect(resultOf(run)).toBe('unresolved (receipt-missing)');
  });

  it('learns of the receipt that a host could not give at first', async () => {
    const world = await createWorld();
    world.fleet.agent('host-a').canConfirm = false;
    const runId = await world.run(experiment([[pause(1, { durationMs: 5000 })]]));
    await ended(world, runId);
    world.fleet.agent('host-a').confirmNow();
    await world.clock.advance(1000);
    expect(resultOf((await world.engine.run(runId)).run)).toBe('aborted (receipt-missing)');
  });

  it('does not repeat an inject that was not answered, and lets go of what it made', async () => {
    const world = await createWorld();
    world.fleet.loseAnswers('host-a', 'inject');
    const runId = await world.run(experiment([[pause(1, { durationMs: 60_000 })]]));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    const run = await ended(world, runId);
    expect(resultOf(run)).toBe('aborted (inject-unanswered)');
    expect(run.placements[0]?.life.phase).toBe('ended');
    expect(world.fleet.calls.get('host-a inject')).toBe(1);
    expect(world.fleet.agent('host-a').touches).toHaveLength(1);
  });

  it('does not call an unanswered inject unmade before it can no longer arrive', async () => {
    const world = await createWorld();
    world.fleet.delay('host-a', 'inject', 60_000);
    const runId = await world.run(experiment([[pause(1)]]));
    await world.clock.until(() => (world.fleet.calls.get('host-a inject') ?? 0) > 0);
    world.fleet.cut('host-a');
    await world.clock.advance(12_000);
    world.fleet.mend('host-a');
    await world.clock.advance(5000);
    expect((await world.engine.run(runId)).run.life.phase).not.toBe('ended');
    await world.clock.advance(20_000);
    const { run } = await world.engine.run(runId);
    expect(run.placements[0]?.life.phase).toBe('never');
    expect(resultOf(run)).toBe('aborted (inject-unanswered)');
  });

  it('lets go of an inject that arrives after all', async () => {
    const world = await createWorld();
    world.fleet.delay('host-a', 'inject', 60_000);
    const runId = await world.run(experiment([[pause(1)]]));
    expect(resultOf(await ended(world, runId))).toBe('aborted (inject-unanswered)');
    await world.clock.until(() => world.fleet.agent('host-a').touches.length === 1);
    await world.clock.advance(100);
    expect(world.fleet.agent('host-a').held()).toHaveLength(0);
  });

  it('injects nothing, and ends, when it cannot be recorded', async () => {
    const world = await createWorld();
    world.files.set(file.name, experiment([[{ kind: 'wait', number: 1, durationMs: 5000 }], [pause(2)]]));
    const { run } = await during(world.clock, world.engine.submit(file, 'alice'));
    await during(world.clock, world.engine.start(run.facts.runId, 'alice'));
    await world.clock.advance(1000);
    world.store.isBroken = true;
    await world.clock.advance(30_000);
    const view = await world.engine.run(run.facts.runId);
    expect(view.run.life.phase).toBe('ended');
    expect(world.fleet.agent('host-a').touches).toEqual([]);
    expect(world.warnings.join()).toContain('the disk is full');
  });

  it('lets go although the store has failed', async () => {
    const world = await createWorld();
    const runId = await world.run(experiment([[pause(1, { durationMs: 60_000 })]]));
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 1);
    world.store.isBroken = true;
    const aborting = world.engine.abort(runId, '', 'bob');
    await world.clock.until(() => world.fleet.agent('host-a').held().length === 0, 100);
    const { run } = await during(world.clock, aborting);
    expect(resultOf(run)).toBe('aborted (aborted-by-person)');
  });
});

describe('pinned targets', () => {
  it('run when they are what the plan showed', async () => {
    const world = await createWorld();
    world.files.set(file.name, experiment([[pause(1)]]));
    const { plan } = await during(world.clock, world.engine.plan(file));
    const { run } = await during(world.clock, world.engine.submit(file, 'alice', { pinnedDigest: plan.targetsDigest }));
    await during(world.clock, world.engine.start(run.facts.runId, 'alice'));
    expect(resultOf(await ended(world, run.facts.runId))).toBe('not-judged (completed)');
  });

  it('are refused with the host and the pid that changed', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} });
    world.files.set(file.name, experiment([[pause(1)]]));
    const { plan } = await during(world.clock, world.engine.plan(file));
    world.fleet.agent('host-b').respawn();
    const submitting = during(world.clock, world.engine.submit(file, 'alice', { pinnedDigest: plan.targetsDigest }));
    await expect(submitting).rejects.toThrow(/host-b: pid 100 \(worker\) .*pid 101 \(worker\) is in its place/);
  });

  it('are refused when they change between the start and the first step', async () => {
    const world = await createWorld();
    world.files.set(file.name, experiment([[pause(1)]], watched));
    const { plan } = await during(world.clock, world.engine.plan(file));
    const { run } = await during(world.clock, world.engine.submit(file, 'alice', { pinnedDigest: plan.targetsDigest }));
    await during(world.clock, world.engine.start(run.facts.runId, 'alice'));
    world.fleet.agent('host-a').respawn();
    expect(resultOf(await ended(world, run.facts.runId))).toBe('refused (refused)');
    expect(world.fleet.agent('host-a').touches).toEqual([]);
  });

  it('are refused for a digest that nobody was shown', async () => {
    const world = await createWorld();
    world.files.set(file.name, experiment([[pause(1)]]));
    const submitting = during(world.clock, world.engine.submit(file, 'alice', { pinnedDigest: 'sha256:0' }));
    await expect(submitting).rejects.toThrow('no plan with the digest sha256:0');
  });
});
