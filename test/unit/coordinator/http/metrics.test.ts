import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMetrics, gauges, type MeasuredEngine, runsEnded } from '../../../../coordinator/http/metrics.ts';
import { projectFolder } from '../../../rig/project.ts';
import { unlessMissing } from '../../../rig/requirement.ts';

type Listener = Parameters<MeasuredEngine['watch']>[0];

function measured(more: Partial<MeasuredEngine> = {}) {
  const listeners = new Set<Listener>();
  const host = (name: string, isHalted: boolean) => ({ name, isConnected: true, description: { isHalted } });
  const placed = (host: string, phase: string) => ({ host, life: { phase } });
  const run = (phase: string, ...placements: object[]) => ({ life: { phase }, placements, facts: { runId: 'run-0' } });
  const engine = {
    hosts: () => [host('host-a', false), host('host-b', true), { name: 'host-c', isConnected: false }],
    latch: () => ({ isHalted: false, epoch: 4 }),
    unresolvedOn: (name: string) => (name === 'host-c' ? ['one fault'] : []),
    openRuns: () => [
      run('running', placed('host-a', 'active'), placed('host-a', 'ordered'), placed('host-b', 'ended')),
      run('queued'),
      run('queued'),
      run('ended', placed('host-a', 'ended')),
    ],
    watch: (listener: Listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastBeatAtMs: () => 7_500,
    haltDrilledAtUnixMs: () => undefined,
    ...more,
  } as unknown as MeasuredEngine;
  const metrics = createMetrics(engine, () => 10_000);
  const end = (runId: string, result: string) => {
    for (const listener of listeners) {
      listener({ kind: 'end', runId } as never, { life: { phase: 'ended', result } } as never);
    }
  };
  const lines = async () => (await metrics.text()).split('\n').filter((line) => line && !line.startsWith('#'));
  return { metrics, end, lines, listeners };
}

test('what the engine knows is told as it is at the scrape', async () => {
  const lines = await measured().lines();
  expect(lines).toEqual(
    expect.arrayContaining([
      'leash_host_connected{host="host-a"} 1',
      'leash_host_connected{host="host-c"} 0',
      'leash_host_halted{host="host-b"} 1',
      'leash_host_faults_active{host="host-a"} 2',
      'leash_host_faults_active{host="host-b"} 0',
      'leash_host_runs_unresolved{host="host-c"} 1',
      'leash_halted 0',
      'leash_halt_epoch 4',
      'leash_engine_beat_age_seconds 2.5',
      'leash_runs{phase="queued"} 2',
      'leash_runs{phase="ending"} 0',
      'leash_runs_ended_total{result="aborted"} 0',
    ]),
  );
  // Nothing was ever heard from the one, and no rehearsal of the other: no number stands for that.
  expect(lines.filter((line) => /halted\{host="host-c"|drilled/.test(line))).toEqual([]);
});

test('a host that left the inventory is told of no more', async () => {
  let hosts = [{ name: 'gone', isConnected: true }];
  const { lines } = measured({ hosts: () => hosts as never, openRuns: () => [] });
  expect(await lines()).toContain('leash_host_connected{host="gone"} 1');
  hosts = [];
  expect((await lines()).join()).not.toContain('gone');
});

test('a run is counted once, also when its hosts confirm later', async () => {
  const { end, lines, metrics, listeners } = measured();
  // One that had ended before the coordinator was started.
  end('run-0', 'aborted');
  end('run-1', 'held');
  end('run-2', 'unresolved');
  end('run-2', 'aborted');
  end('run-3', 'aborted');
  expect((await lines()).filter((line) => /^leash_runs_ended_total.* [1-9]/.test(line))).toEqual([
    'leash_runs_ended_total{result="held"} 1',
    'leash_runs_ended_total{result="aborted"} 1',
    'leash_runs_ended_total{result="unresolved"} 1',
  ]);
  metrics.stop();
  expect(listeners.size).toBe(0);
});

unlessMissing('promtool', 'prometheus')('every name, help and unit is as Prometheus wants it', async () => {
  const text = await measured({ haltDrilledAtUnixMs: () => 1_700_000_000_000 }).metrics.text();
  for (const { name } of [...gauges, runsEnded]) expect(text).toContain(`\n${name}`);
  expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
});

unlessMissing('promtool', 'prometheus')(
  'the alerts of the examples are right, and ask for metrics that there are',
  () => {
    const path = join(projectFolder, 'systemd/examples/prometheus/leash-alerts.yml');
    expect(execFileSync('promtool', ['check', 'rules', path], { encoding: 'utf8' })).toContain(
      'SUCCESS: 5 rules found',
    );
    const asked = readFileSync(path, 'utf8').match(/\bleash_\w+/g) ?? [];
    const known = [...gauges, runsEnded].map(({ name }) => name);
    expect(asked.length).toBeGreaterThan(4);
    expect(asked.filter((name) => !known.includes(name))).toEqual([]);
  },
);
