import { describe, expect, test } from 'vitest';
import type { FaultStep } from '../../../../coordinator/core/experiment.ts';
import { experimentJsonSchema } from '../../../../coordinator/experiment/experiment-schema.ts';
import { FileProblems } from '../../../../coordinator/experiment/file-problem.ts';
import { loadExperiment } from '../../../../coordinator/experiment/load-experiment.ts';
import { scopeDigest } from '../../../../coordinator/experiment/scope-digest.ts';
import { leash } from '../../../../proto/codec.ts';
import { type Targeting, targetingFromWire, targetingToWire } from '../../../../proto/selector.ts';
import { changed } from './written.ts';

/** The file with other processes: `written` is a flow mapping that starts at line 10, column 14. */
function fileWith(written: string): string {
  return changed('{ name: user-worker, mode: one }', written);
}

function targetingOf(written: string): Targeting {
  return loadExperiment('e.yaml', fileWith(written)).targets.processes as Targeting;
}

function problemsOf(written: string): readonly string[] {
  try {
    loadExperiment('e.yaml', fileWith(written));
  } catch (error) {
    if (error instanceof FileProblems) return error.message.split('\n');
    throw error;
  }
  return [];
}

function overTheWire(targeting: Targeting): Targeting {
  const bytes = leash.v1.Targeting.encode(targetingToWire(targeting)).finish();
  return targetingFromWire(leash.v1.Targeting.decode(bytes));
}

const id = '0123456789ab';

describe('a condition of the file is the same one at the agent', () => {
  test.each([
    ['name: nginx', { name: 'nginx' }],
    ['exe: /usr/sbin/nginx', { exe: '/usr/sbin/nginx' }],
    ['cmdline: "worker (process|pool)"', { cmdline: 'worker (process|pool)' }],
    ['pid: 4242', { pid: 4242 }],
    ['pidfile: /run/nginx.pid', { pidfile: '/run/nginx.pid' }],
    ['user: 0', { user: '0' }],
    ['group: www-data', { group: 'www-data' }],
    ['group: 33', { group: '33' }],
    ['unit: nginx.service', { unit: 'nginx.service' }],
    ['cgroup: /', { cgroup: '/' }],
    ['cgroupTree: /system.slice', { cgroupTree: '/system.slice' }],
    [`container: "${id}"`, { container: id }],
    ['port: 65535', { port: 65_535 }],
    ['memoryAbove: 512MiB', { memoryAboveBytes: 512 * 2 ** 20 }],
    ['memoryAbove: 8TB', { memoryAboveBytes: 8e12 }],
    ['cpuAbove: 250%', { cpuAbovePercent: 250 }],
    ['cpuAbove: 0.5', { cpuAbovePercent: 0.5 }],
    ['parent: 1', { parent: { pid: 1 } }],
    ['descendantsOf: 1', { descendantsOf: { pid: 1 } }],
    ['descendantsOf: { unit: cron.service }', { descendantsOf: { unit: 'cron.service' } }],
    ['name: nginx, exclude: { user: root }', { name: 'nginx', exclude: { user: 'root' } }],
    ['name: nginx, not: { memoryAbove: 1GB }', { name: 'nginx', not: { memoryAboveBytes: 1e9 } }],
    ['allOf: [{ port: 80 }, { port: 443 }]', { allOf: [{ port: 80 }, { port: 443 }] }],
    ['anyOf: [{ name: a }, { parent: { name: b } }]', { anyOf: [{ name: 'a' }, { parent: { name: 'b' } }] }],
    ['not: { not: { not: { pid: 7 } } }, name: a', { not: { not: { not: { pid: 7 } } }, name: 'a' }],
  ])('%s', (written, selector) => {
    const targeting = targetingOf(`{ ${written} }`);
    expect(targeting.selector).toEqual(selector);
    expect(overTheWire(targeting)).toEqual(targeting);
  });
});

describe('a choice of the file is the same one at the agent', () => {
  test.each([
    ['order: oldest', { mode: 'one', order: 'oldest', seed: 's' }],
    ['count: 2, order: newest', { mode: 'fixed', count: 2, order: 'newest', seed: 's' }],
    ['percent: 30', { mode: 'percent', percent: 30, seed: 's' }],
    ['mode: randomMaxPercent, percent: 50%', { mode: 'random-max-percent', percent: 50, seed: 's' }],
    [
      'mode: randomMaxPercent, percent: 50%, order: oldest',
      { mode: 'random-max-percent', percent: 50, order: 'oldest', seed: 's' },
    ],
    ['mode: all', { mode: 'all' }],
  ])('%s', (written, choice) => {
    const targeting = targetingOf(`{ name: nginx, seed: s, ${written} }`);
    expect(targeting.choice).toEqual(choice);
    expect(overTheWire(targeting)).toEqual(targeting);
  });
});

test('a step has the same conditions of its own', () => {
  const text = changed(
    'for: 2m, reselect: true',
    'for: 2m, targets: { processes: { anyOf: [{ port: 80 }], cpuAbove: 10%, order: oldest } }',
  );
  const step = loadExperiment('e.yaml', text).method[2]?.steps[0] as FaultStep;
  expect(step.targets.processes).toMatchObject({
    selector: { anyOf: [{ port: 80 }], cpuAbovePercent: 10 },
    choice: { mode: 'one', order: 'oldest' },
  });
});

describe('a wrong condition says where and what', () => {
  const place = 'e.yaml:10';
  const depth = '{ name: a, not: { not: { not: { not: { pid: 7 } } } } }';
  const many = `{ anyOf: [${Array.from({ length: 4 }, () => `{ anyOf: [${'{ pid: 7 }, '.repeat(8)}] }`).join(', ')}] }`;
  test.each([
    [
      '{ exe: nginx }',
      '21: targets.processes.exe: must be an absolute path, without "." or ".." or a slash at its end',
    ],
    ['{ exe: /usr/../bin/a }', '21: targets.processes.exe: must be an absolute path'],
    ['{ exe: "" }', '21: targets.processes.exe: must be at least 1 characters long, not 0'],
    ['{ pidfile: run/nginx.pid }', '25: targets.processes.pidfile: must be an absolute path'],
    ['{ cgroup: /system.slice/ }', '24: targets.processes.cgroup: must be an absolute path'],
    [
      '{ unit: nginx }',
      '22: targets.processes.unit: must be the full name of a unit, such as nginx.service, not "nginx"',
    ],
    ['{ container: web }', '27: targets.processes.container: must be a container id, or at least the first 12 digits'],
    [
      '{ container: 123456789012 }',
      '27: targets.processes.container: must be text, not 123456789012; put it in quotes',
    ],
    ['{ group: true }', '23: targets.processes.group: '],
    ['{ name: "a\\0b" }', '22: targets.processes.name: must not contain a NUL character'],
    ['{ port: 0 }', '22: targets.processes.port: must be at least 1, not 0'],
    ['{ port: 65536 }', '22: targets.processes.port: must be at most 65535, not 65536'],
    ['{ port: http }', '22: targets.processes.port: must be a number, not "http"'],
    ['{ memoryAbove: 512 }', '29: targets.processes.memoryAbove: must be a size such as 512MiB or 2GB, not 512'],
    ['{ memoryAbove: 512mb }', '29: targets.processes.memoryAbove: must be a size such as 512MiB or 2GB, not "512mb"'],
    ['{ memoryAbove: 0B }', '29: targets.processes.memoryAbove: must be from 1B to'],
    ['{ cpuAbove: 0% }', '26: targets.processes.cpuAbove: must be from 0.01% to 1000000%, not "0%"'],
    ['{ cpuAbove: .nan }', '26: targets.processes.cpuAbove: '],
    ['{ cpuAbove: half }', '26: targets.processes.cpuAbove: must be a percentage such as 30%, not "half"'],
    ['{ descendantsOf: 0 }', '31: targets.processes.descendantsOf: must be at least 1, not 0'],
    ['{ descendantsOf: cron }', '31: targets.processes.descendantsOf: '],
    ['{ parent: {} }', '24: targets.processes.parent: must set at least one condition'],
    ['{ allOf: [] }', '23: targets.processes.allOf: must have at least 1 entries, not 0'],
    ['{ allOf: { port: 80 } }', '23: targets.processes.allOf: must be a list, not a mapping'],
    ['{ anyOf: [{ port: 80 }, {}] }', '38: targets.processes.anyOf[1]: must set at least one condition'],
    ['{ not: { name: a } }', '14: targets.processes: must say what a process is, not only what it is not'],
    [
      '{ name: a, descendantsOf: { exclude: { pid: 1 } } }',
      '40: targets.processes.descendantsOf: must say what a process is, not only what it is not',
    ],
    [depth, '51: targets.processes.not.not.not.not: must be nested at most 4 deep'],
    [many, '14: targets.processes: must consist of at most 32 selectors'],
    ['{ name: a, mode: all, order: oldest }', '43: targets.processes.order: goes with a mode that takes some, not all'],
    ['{ name: a, mode: randomMaxPercent }', '31: targets.processes.mode: randomMaxPercent needs a percent'],
    [
      '{ name: a, mode: randomMaxPercent, percent: 5%, count: 2 }',
      '69: targets.processes.count: goes with mode: fixed, not randomMaxPercent',
    ],
  ])('%s', (written, message) => {
    const problems = problemsOf(written);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${place}:${message}`);
  });

  test('all at once, at any depth', () => {
    const problems = problemsOf('{ exe: nginx, not: { port: 0, anyOf: [{ unit: cron }] } }');
    expect(problems.map((problem) => problem.split(': ')[1])).toEqual([
      'targets.processes.exe',
      'targets.processes.not.port',
      'targets.processes.not.anyOf[0].unit',
    ]);
  });

  test('in a chain of aliases as well', () => {
    expect(problemsOf('{ name: a, not: &a { not: *a } }').join()).toMatch(/more than 20000 values/);
  });
});

describe('a mistyped key is told the one that is near', () => {
  test.each([
    ['{ exec: /bin/a }', '16: targets.processes.exec: is not a known key; did you mean "exe"?'],
    ['{ memoryabove: 1GB }', '16: targets.processes.memoryabove: is not a known key; did you mean "memoryAbove"?'],
    ['{ descendentsOf: 1 }', '16: targets.processes.descendentsOf: is not a known key; did you mean "descendantsOf"?'],
    ['{ pidFile: /a }', '16: targets.processes.pidFile: is not a known key; did you mean "pidfile"?'],
    ['{ name: a, ordre: oldest }', '25: targets.processes.ordre: is not a known key; did you mean "order"?'],
    [
      '{ anyOf: [{ not: { prot: 80 } }] }',
      '33: targets.processes.anyOf[0].not.prot: is not a known key; did you mean "port"?',
    ],
    ['{ parent: { unot: a.service } }', '26: targets.processes.parent.unot: is not a known key; did you mean "unit"?'],
    [
      '{ name: a, order: oldset }',
      '32: targets.processes.order: must be one of oldest, newest, not "oldset"; did you mean "oldest"?',
    ],
    ['{ name: a, mode: randomMaxPercnt }', '; did you mean "randomMaxPercent"?'],
    ['{ name: a, oldest: true }', ': targets.processes.oldest: is not a known key; write order: oldest'],
    // What chooses is said once, outside.
    ['{ not: { mode: all } }', '23: targets.processes.not.mode: is not a known key'],
  ])('%s', (written, message) => {
    expect(problemsOf(written).join('\n')).toContain(message);
  });
});

describe('the scope digest', () => {
  const digestOf = (written: string): string => scopeDigest(loadExperiment('e.yaml', fileWith(written)), ['web-1']);
  const before = digestOf('{ name: a, memoryAbove: 1GiB, anyOf: [{ port: 80 }, { parent: 1 }], order: oldest }');

  test.each([
    ['a threshold', '{ name: a, memoryAbove: 2GiB, anyOf: [{ port: 80 }, { parent: 1 }], order: oldest }'],
    ['a nested condition', '{ name: a, memoryAbove: 1GiB, anyOf: [{ port: 81 }, { parent: 1 }], order: oldest }'],
    ['an alternative', '{ name: a, memoryAbove: 1GiB, anyOf: [{ port: 80 }], order: oldest }'],
    ['the order', '{ name: a, memoryAbove: 1GiB, anyOf: [{ port: 80 }, { parent: 1 }], order: newest }'],
    ['all for any', '{ name: a, memoryAbove: 1GiB, allOf: [{ port: 80 }, { parent: 1 }], order: oldest }'],
  ])('changes with %s', (_what, written) => {
    expect(digestOf(written)).not.toBe(before);
  });

  test('is the same for another spelling of the same selector', () => {
    const written = '{ order: oldest, anyOf: [{ port: 80 }, { parent: { pid: 1 } }], memoryAbove: 1024MiB, name: a }';
    expect(digestOf(written)).toBe(before);
  });
});

test('the JSON Schema holds the selector once, and strictly', () => {
  const schema = experimentJsonSchema() as {
    $defs: Record<string, { properties: Record<string, unknown>; additionalProperties: boolean }>;
  };
  const selector = schema.$defs.ProcessSelector;
  expect(Object.keys(schema.$defs)).toEqual(['ProcessSelector', 'Step', 'StepTargets']);
  expect(selector?.additionalProperties).toBe(false);
  expect(selector?.properties.not).toMatchObject({ $ref: '#/$defs/ProcessSelector' });
  expect(selector?.properties.memoryAbove).toMatchObject({ type: 'string', pattern: expect.any(String) });
  // And once more in each of the three places that have keys of their own beside it: the targets of a file, of a step, of a probe.
  expect(JSON.stringify(schema).split('"memoryAbove":{').length - 1).toBe(4);
});
