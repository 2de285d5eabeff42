import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { coordinatorReadiness, joinAddress } from '../../../../coordinator/cli/coordinator-readiness.ts';
import { experimentReadiness, type FleetSeen, fleetReadiness } from '../../../../coordinator/cli/readiness.ts';
import type { HostDocument } from '../../../../coordinator/client/host-document.ts';
import { loadExperiment } from '../../../../coordinator/experiment/load-experiment.ts';
import { makeTestDirectory } from '../../../rig/directory.ts';

const dayMs = 86_400_000;
const limit = { value: '', summary: '', now: '' };
const host: HostDocument = {
  name: 'web-1',
  address: '10.0.0.1:7443',
  status: 'connected',
  lastSeenMs: 1,
  labels: {},
  stage: 'staging',
  version: '1.0.0',
  bootId: '',
  kernel: '',
  os: '',
  cpus: 1,
  memoryBytes: 1,
  halt: { halted: false, epoch: 1, reason: '', by: '', volatile: false, memoryOnly: false },
  activeFaults: 0,
  faults: [{ kind: 'process.pause', summary: '', binding: 'kernel', available: true, unavailableReason: '' }],
  limits: [{ ...limit, name: 'stage', source: '/etc/leash/policy.yaml:1' }],
  error: '',
  unresolved: [],
};
const ready: FleetSeen = {
  hosts: [host],
  halt: null,
  haltDrilledAtUnixMs: 100 * dayMs,
  nowUnixMs: 110 * dayMs,
  rehearsedWithinMs: 30 * dayMs,
  version: '1.0.0',
  joinFix: 'leash join-token | leash-agent join control:7444',
};
const red = (seen: FleetSeen): readonly string[] =>
  fleetReadiness(seen)
    .filter(({ isReady }) => !isReady)
    .map(({ name, fix }) => `${name} → ${fix}`);

describe('a fleet', () => {
  test('that lacks nothing has no red line', () => {
    expect(red(ready)).toEqual([]);
  });

  test.each([
    ['no hosts', { ...ready, hosts: [] }, /^hosts → leash join-token/],
    [
      'a host that is away',
      { ...ready, hosts: [{ ...host, status: 'unreachable' as const }] },
      /connected → on web-1: systemctl enable --now leash-agent/,
    ],
    ['another version', { ...ready, version: '1.1.0' }, /version → .*leash-agent_1\.1\.0_/],
    [
      'a halted host',
      { ...ready, hosts: [{ ...host, halt: { ...host.halt!, halted: true } }] },
      /armed → leash rearm web-1/,
    ],
    [
      'a stage that nobody has decided',
      { ...ready, hosts: [{ ...host, limits: [{ ...limit, name: 'stage', source: 'default' }] }] },
      /policy → on web-1: echo "stage: staging"/,
    ],
    ['no rehearsal', { ...ready, haltDrilledAtUnixMs: null }, /rehearsed → leash drill halt/],
    ['a rehearsal that is long ago', { ...ready, nowUnixMs: 131 * dayMs }, /rehearsed → leash drill halt/],
  ])('with %s has one red line, with the command that mends it', (_name, seen, line) => {
    expect(red(seen)).toEqual([expect.stringMatching(line)]);
  });
});

describe('a coordinator that does not answer', () => {
  function redIn(files: Readonly<Record<string, string>>): readonly string[] {
    const directory = makeTestDirectory();
    onTestFinished(() => directory.remove());
    for (const [name, text] of Object.entries(files)) {
      if (text === '') mkdirSync(join(directory.path, name));
      else writeFileSync(join(directory.path, name), text);
    }
    return coordinatorReadiness(directory.path, 'no such socket')
      .filter(({ isReady }) => !isReady)
      .map(({ name }) => name);
  }

  test('lacks what it is made of, in the order in which that is made', () => {
    expect(redIn({})).toEqual(['authority', 'certificate of the coordinator', 'settings', 'coordinator']);
    expect(redIn({ ca: '' })).toEqual(['certificate of the coordinator', 'settings', 'coordinator']);
    expect(redIn({ ca: '', tls: '', 'coordinator.env': '#LEASH_CA=/x\n' })).toEqual(['settings', 'coordinator']);
  });

  test('lacks nothing but its start once its settings say which hosts there are', () => {
    expect(redIn({ tls: '', 'coordinator.env': 'LEASH_INVENTORY=/srv/hosts.yaml\n' })).toEqual(['coordinator']);
  });

  test('is joined at the port that its settings name', () => {
    const directory = makeTestDirectory();
    onTestFinished(() => directory.remove());
    expect(joinAddress(directory.path)).toMatch(/^\S+:7444$/);
    writeFileSync(join(directory.path, 'coordinator.env'), 'LEASH_HTTP=0.0.0.0:9000\n');
    expect(joinAddress(directory.path)).toMatch(/^\S+:9000$/);
  });
});

describe('an experiment', () => {
  const text = `apiVersion: leash/v1
kind: Experiment
metadata: { name: bare, owner: you@example.com }
stage: development
blastRadius: { hosts: 1, processesPerHost: 1 }
targets: { hosts: { mode: one }, processes: { name: x, mode: one } }
method: [ { fault: process.pause, for: 5s } ]
`;

  test('without rule, probe, rollback or SLO has a red line for each', () => {
    const checks = experimentReadiness(loadExperiment('bare.yaml', text), 'bare.yaml');
    expect(checks.filter(({ isReady }) => !isReady).map(({ name }) => name)).toEqual([
      'bare: abort rule',
      'bare: probe',
      'bare: rollback',
      'bare: SLO',
    ]);
    for (const { fix } of checks) expect(fix).toContain('bare.yaml');
  });
});
