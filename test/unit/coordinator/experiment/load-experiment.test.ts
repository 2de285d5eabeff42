import { describe, expect, test } from 'vitest';
import { FileProblems } from '../../../../coordinator/experiment/file-problem.ts';
import { loadExperiment } from '../../../../coordinator/experiment/load-experiment.ts';
import { changed, validFile } from './written.ts';

function problemsOf(text: string): readonly string[] {
  try {
    loadExperiment('e.yaml', text);
  } catch (error) {
    if (error instanceof FileProblems) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('a valid file', () => {
  const experiment = loadExperiment('e.yaml', validFile);

  test('has every unit as a number', () => {
    expect(experiment).toMatchObject({ baselineMs: 60_000, recoveryMs: 30_000, leaseTtlMs: 10_000 });
    expect(experiment.probes).toEqual([
      {
        name: 'canary',
        everyMs: 1000,
        timeoutMs: 1000,
        source: {
          kind: 'http',
          url: 'http://127.0.0.1:8080/health',
          method: 'GET',
          status: { min: 200, max: 299 },
          windowMs: 10_000,
        },
      },
    ]);
  });

  test('numbers its steps through all groups and remembers their lines', () => {
    const steps = experiment.method.flatMap((group) => group.steps);
    expect(steps.map((step) => step.number)).toEqual([1, 2, 3]);
    expect(steps[2]).toMatchObject({
      kind: 'fault',
      fault: 'process.pause',
      durationMs: 120_000,
      reselect: true,
      line: 21,
    });
    expect(experiment.abort[0]).toMatchObject({ forMs: 3000, line: 23 });
  });

  test('gives a kill the time of its grace and its return', () => {
    const [kill] = experiment.method[0]?.steps ?? [];
    expect(kill).toMatchObject({
      durationMs: 45_000,
      consentIrreversible: true,
      parameters: { signal: 'SIGTERM', grace: '10s', respawnWithin: '30000ms' },
    });
  });

  test('draws with the same seed each time it is read, and with another one when its scope changes', () => {
    const seedOf = (text: string): unknown => loadExperiment('e.yaml', text).targets.processes?.choice;
    expect(seedOf(validFile)).toEqual(experiment.targets.processes?.choice);
    expect(seedOf(changed('runbook: https', 'runbook: http'))).toEqual(seedOf(validFile));
    expect(seedOf(changed('user-worker,', 'other-worker,'))).not.toEqual(seedOf(validFile));
  });

  test('without a blast radius is bounded to one process of one host', () => {
    const { blastRadius } = loadExperiment('e.yaml', changed(/blastRadius:.*\n/, ''));
    expect(blastRadius).toEqual({ hosts: 1, processesPerHost: 1 });
  });

  test('runs the steps of a parallel group at the same time', () => {
    const text = changed(
      / {2}- wait: 5s\n/,
      '  - parallel:\n      - { fault: stress.cpu, percent: 50%, for: 10s }\n      - { fault: process.slow, percent: 30%, for: 20s }\n',
    );
    const steps = loadExperiment('e.yaml', text).method[1]?.steps;
    expect(steps?.map((step) => step.number)).toEqual([2, 3]);
    expect(steps?.[0]).not.toHaveProperty('targets.processes');
    expect(steps?.[1]).toHaveProperty('targets.processes');
  });

  test('takes a pid or nested conditions as the parent', () => {
    const text = changed('{ name: user-worker, mode: one }', '{ user: 1000, parent: { name: supervisor, parent: 1 } }');
    expect(loadExperiment('e.yaml', text).targets.processes?.selector).toEqual({
      user: '1000',
      parent: { name: 'supervisor', parent: { pid: 1 } },
    });
  });

  test('takes a list as a parameter of a fault', () => {
    const step = '{ fault: network.cut, for: 2m, localPorts: [80, 8000-8010], addresses: [10.0.0.0/8] }';
    const { method } = loadExperiment('e.yaml', changed('{ fault: process.pause, for: 2m, reselect: true }', step));
    expect(method.at(-1)?.steps[0]).toMatchObject({
      parameters: { localPorts: [80, '8000-8010'], addresses: ['10.0.0.0/8'] },
    });
  });

  test('may begin with a byte order mark', () => {
    expect(problemsOf(`\uFEFF${validFile}`)).toEqual([]);
  });
});

describe('a wrong file says where and what', () => {
  test.each([
    [
      'an unknown key',
      changed('blastRadius', 'blastRadios'),
      'e.yaml:7:1: blastRadios: is not a known key; did you mean "blastRadius"?',
    ],
    [
      'a mistyped key of a step',
      changed('reselect', 'resleect'),
      'e.yaml:21:38: method[2].resleect: is not a known key; did you mean "reselect"?',
    ],
    [
      'a number without its unit',
      changed('for: 2m', 'for: 120'),
      'e.yaml:21:34: method[2].for: must be a duration such as 250ms, 10s or 5m, not 120',
    ],
    [
      'a unit that does not exist',
      changed('for: 2m', 'for: 2min'),
      'e.yaml:21:34: method[2].for: must be a duration such as 250ms, 10s or 5m, not "2min"',
    ],
    [
      'a duration out of range',
      changed('every: 1s', 'every: 2h'),
      'e.yaml:14:67: probes.canary.every: must be from 100ms to 1m, not "2h"',
    ],
    [
      'a missing duration',
      changed('for: 2m, ', ''),
      'e.yaml:21:5: method[2]: for is required: how long process.pause lasts, such as for: 30s',
    ],
    [
      'a duplicate key',
      changed('stage: staging', 'stage: staging\nstage: development'),
      'e.yaml:7:1: "stage" is given twice',
    ],
    [
      'an unknown stage',
      changed('stage: staging', 'stage: stagin'),
      'e.yaml:6:8: stage: must be one of development, staging, production-lite, production-full, not "stagin"; did you mean "staging"?',
    ],
    [
      'yes where true is meant',
      changed('reselect: true', 'reselect: yes'),
      'e.yaml:21:48: method[2].reselect: must be true or false, not "yes"; in YAML 1.2 that is text',
    ],
    [
      'a number as a label',
      changed('service: user-service', 'service: 7'),
      'e.yaml:3:92: metadata.labels.service: must be text, not 7; put it in quotes',
    ],
    [
      'an empty process selector',
      changed('{ name: user-worker, mode: one }', '{ mode: all }'),
      'e.yaml:10:14: targets.processes: must set at least one condition, such as name, unit, user or pid',
    ],
    [
      'an empty host selector',
      changed('{ labels: { app: user-service }, mode: one }', '{}'),
      'e.yaml:9:10: targets.hosts: must set at least one of labels, names, mode',
    ],
    [
      'a fixed choice without a count',
      changed('user-worker, mode: one', 'user-worker, mode: fixed'),
      'e.yaml:10:41: targets.processes.mode: fixed needs a count',
    ],
    [
      'a pid that cannot be',
      changed('name: user-worker, mode: one', 'pid: 0'),
      'e.yaml:10:21: targets.processes.pid: must be at least 1, not 0',
    ],
    [
      'a pattern that is not RE2',
      changed('name: user-worker', 'cmdline: "(?=x)"'),
      'e.yaml:10:25: targets.processes.cmdline: must be a regular expression in RE2 syntax',
    ],
    [
      'a probe that is not there',
      changed('probe: canary', 'probe: canery'),
      'e.yaml:12:12: preconditions[0].probe: no probe is named "canery"; did you mean "canary"?',
    ],
    [
      'a rollback of a unit that is not one',
      changed('runbook:', 'rollback: [ { systemd: { restart: nginx } } ]\nrunbook:'),
      'e.yaml:25:35: rollback[0].systemd.restart: must be the full name of a systemd unit, such as user-worker.service',
    ],
    [
      'a probe of two kinds',
      changed('every: 1s', 'every: 1s, tcp: { host: localhost, port: 1 }'),
      'e.yaml:14:71: probes.canary.tcp: a probe is of one kind, and this one is http already',
    ],
    [
      'an empty answer that counts as 0 while nobody looks whether anything is seen',
      changed('{ http: { url: "http://127.0.0.1:8080/health" },', '{ prometheus: { query: up }, whenEmpty: 0,'),
      'e.yaml:14:25: probes.canary.prometheus: whenEmpty needs a liveness: the name of a probe of the same Prometheus',
    ],
    [
      'a floor of a probe that has no value',
      changed('every: 1s', 'every: 1s, floor: 1'),
      'e.yaml:14:71: probes.canary.floor: goes with prometheus, not http',
    ],
    [
      'a fault of processes without processes',
      changed(/ {2}processes:.*\n/, ''),
      'e.yaml:18:5: method[0]: process.kill needs targets.processes',
    ],
    [
      'a rule that can never fire',
      changed('for: 3s', 'for: 10m'),
      'e.yaml:23:60: abort[0].for: can never fire: it must hold for 10m of a run of 2m50s; shorten it, or say afterwards: true',
    ],
    [
      'an unknown field of a probe',
      changed('canary.errorRatio', 'canary.erorRatio'),
      'e.yaml:23:13: abort[0].when: probe canary has no field "erorRatio" (up, latencyMs, latencyP50Ms, latencyP95Ms, latencyP99Ms, errorRatio); did you mean "errorRatio"?',
    ],
    [
      'a function in a rule',
      changed('canary.errorRatio > 0.2', '1.0.matches(2)'),
      'e.yaml:23:13: abort[0].when: matches() is not allowed in a rule; it may compare and combine values of probes (+ - * / < > == and or not)',
    ],
    [
      'a baseline that is not taken',
      changed('baseline: 60s\n', ''),
      'e.yaml:16:33: steadyState[0]: baseline.* needs a baseline: set "baseline: 60s" in the file',
    ],
    [
      'a key that is no text',
      changed('stage: staging', 'stage: staging\n7: x'),
      'e.yaml:7:1: a key must be text; put it in quotes',
    ],
    [
      'a prototype',
      changed('labels: { service: user-service }', 'labels: { __proto__: x }'),
      'e.yaml:3:83: the key "__proto__" is not allowed',
    ],
    ['a NUL', changed('staging', 'stag\0ing'), 'e.yaml:6:12: the control character U+0000 is not allowed'],
    [
      'a second document',
      `${validFile}---\na: 1\n`,
      'e.yaml:26:1: a second document starts here; a file holds one experiment',
    ],
    ['YAML 1.1', `%YAML 1.1\n---\n${validFile}`, 'e.yaml:1:1: YAML 1.1 is not read; remove the %YAML line'],
    ['nothing', '', 'e.yaml:1:1: the file is empty'],
    ['a list', '- a\n', 'e.yaml:1:1: must be a mapping, not a list'],
  ])('%s', (_what, text, message) => {
    expect(problemsOf(text)).toContain(message);
  });

  test('all of its problems are told at once, in the order of the file', () => {
    const text = changed('stage: staging', 'stage: nowhere')
      .replace('every: 1s', 'every: 1')
      .replace('baseline: 60s', 'baselin: 60s');
    expect(problemsOf(text).map((line) => line.split(':')[1])).toEqual(['6', '14', '15']);
  });
});

describe('a hostile file is refused quickly', () => {
  test.each([
    ['fifty thousand open brackets', '['.repeat(50_000), /nested more than 64 deep/],
    ['deep block sequences', `${'- '.repeat(50_000)}a`, /nested more than 64 deep/],
    ['deep mappings', '{a: '.repeat(30_000), /nested more than 64 deep/],
    ['one byte too many', `#${'x'.repeat(256 * 1024)}`, /has 262145 bytes, and at most 262144 are read/],
    [
      'aliases that multiply',
      `a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}*a${n}]`).join('\n')}\n`,
      /more than 20000 values/,
    ],
    ['an alias of itself', 'a: &a [*a]\n', /more than 20000 values/],
    ['a tab as indentation', 'a:\n\tb: 1\n', /tabs are not allowed/],
    ['a tag of a language', 'a: !!js/function x\n', /unresolved tag/],
    ['a binary tag', 'a: !!binary aGk=\n', /the tag tag:yaml.org,2002:binary is not read/],
  ])('%s', (_what, text, expected) => {
    const startedMs = performance.now();
    expect(problemsOf(text).join('\n')).toMatch(expected);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });
});
