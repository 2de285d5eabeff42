import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { weekdays } from '../../../../agent/core/calendar.ts';
import { defaultPolicy } from '../../../../agent/core/policy.ts';
import { loadPolicy, PolicyError, parsePolicy, policyBytesMax } from '../../../../agent/store/policy-file.ts';
import { makeDirectory, type TestDirectory } from './directory.ts';

let directory: TestDirectory;
let path: string;
beforeEach(() => {
  directory = makeDirectory();
  path = join(directory.path, 'policy.yaml');
});
afterEach(() => directory.remove());

const self = process.geteuid?.() ?? 0;

function problems(text: string): readonly string[] {
  try {
    parsePolicy(text, 'policy.yaml');
  } catch (error) {
    if (error instanceof PolicyError) return error.problems;
    throw error;
  }
  return [];
}

const full = `
stage: production-lite
labels: { app: user-service, zone: "a" }
callers: [{ who: runner, faults: ["process.*"] }, { who: "spiffe://acme/coordinator/main", faults: ["*"] }]
faults: { allow: [process.pause, "stress.*"] }
windows:
  timeZone: Europe/Berlin
  allow: [{ days: [mon, fri], from: 22:00, to: 04:00 }, { from: "09:00", to: 24:00 }]
  blackout: [{ from: 2026-12-24T18:00, to: 2026-12-27T06:00 }]
durationMax: 2m30s
durationDefault: 30s
leaseMax: 15s
processesMax: 2
processesPercentMax: 25%
faultsMax: 1
survivorsMin: 3
cpuPercentMax: 40%
memoryPercentMax: 12.5%
memoryFloor: 1GiB
paths: { allow: [/var/lib/app, /] }
ioBytesPerSecondMax: 8MiB
diskPercentMax: 60%
diskFloor: 2GiB
openFilesFloor: 20000
tasksFloor: 2000
injectsPerMinute: 2
niceMin: -5
cgroups: { allow: [shop.service, /system.slice/shop.service] }
services: { allow: [shop.service] }
interfaces: { allow: [eth1] }
reboots: true
observe: { paths: [/var/log] }
rollback:
  restart: [shop.service]
  call: ["http://127.0.0.1:8080/refill"]
  run: [{ name: refill-cache, executable: /usr/bin/refill-cache }]
coolDown: { host: 30s, target: 2m }
loadMax: 2.5
pressureMax: { cpu: 80%, memory: 20%, io: 0% }
protect: { names: [postgres], users: [root, "999"], units: [postgresql.service], ports: [5432] }
commandLines: hidden
bindings: { allow: [kernel] }
journalWithoutSupervisor: true
`;

describe('a policy file', () => {
  test('sets every key', () => {
    expect(parsePolicy(full, path).policy).toEqual({
      stage: 'production-lite',
      labels: { app: 'user-service', zone: 'a' },
      callers: [
        { who: 'runner', faults: ['process.*'] },
        { who: 'spiffe://acme/coordinator/main', faults: ['*'] },
      ],
      faults: { allow: ['process.pause', 'stress.*'] },
      windows: {
        timeZone: 'Europe/Berlin',
        allow: [
          { kind: 'weekly', days: ['mon', 'fri'], fromMinute: 22 * 60, toMinute: 4 * 60 },
          { kind: 'weekly', days: weekdays, fromMinute: 9 * 60, toMinute: 24 * 60 },
        ],
        blackout: [{ kind: 'once', fromReadingMs: Date.UTC(2026, 11, 24, 18), toReadingMs: Date.UTC(2026, 11, 27, 6) }],
      },
      durationMaxMs: 150_000,
      durationDefaultMs: 30_000,
      leaseMaxMs: 15_000,
      processesMax: 2,
      processesPercentMax: 25,
      faultsMax: 1,
      survivorsMin: 3,
      cpuPercentMax: 40,
      memoryPercentMax: 12.5,
      memoryFloorBytes: 2 ** 30,
      paths: { allow: ['/var/lib/app', '/'] },
      ioBytesPerSecondMax: 8 * 2 ** 20,
      diskPercentMax: 60,
      diskFloorBytes: 2 * 2 ** 30,
      openFilesFloor: 20_000,
      tasksFloor: 2000,
      injectsPerMinute: 2,
      niceMin: -5,
      cgroups: { allow: ['shop.service', '/system.slice/shop.service'] },
      services: { allow: ['shop.service'] },
      interfaces: { allow: ['eth1'] },
      reboots: true,
      coolDown: { hostMs: 30_000, targetMs: 120_000 },
      loadMax: 2.5,
      pressureMax: { cpuPercent: 80, memoryPercent: 20, ioPercent: 0 },
      custom: [],
      changes: [],
      observe: { paths: ['/var/log'] },
      rollback: {
        restart: ['shop.service'],
        call: ['http://127.0.0.1:8080/refill'],
        run: [{ name: 'refill-cache', executable: '/usr/bin/refill-cache', args: [] }],
      },
      protect: { names: ['postgres'], users: ['root', '999'], units: ['postgresql.service'], ports: [5432] },
      commandLines: 'hidden',
      bindings: { allow: ['kernel'] },
      journalWithoutSupervisor: true,
    });
  });

  test('leaves what it does not say at the safe defaults', () => {
    expect(parsePolicy('', path).policy).toEqual(defaultPolicy);
    expect(parsePolicy('protect: { names: [postgres] }', path).policy).toEqual({
      ...defaultPolicy,
      protect: { names: ['postgres'], users: [], units: [], ports: [] },
    });
  });

  test('of staging lets a fault last 15 minutes, unless it says otherwise, and every other stage five', () => {
    expect(parsePolicy('stage: staging', path).policy.durationMaxMs).toBe(900_000);
    expect(parsePolicy('stage: staging\ndurationMax: 20s', path).policy.durationMaxMs).toBe(20_000);
    for (const stage of ['development', 'production-lite', 'production-full']) {
      expect(parsePolicy(`stage: ${stage}`, path).policy.durationMaxMs).toBe(300_000);
    }
  });

  test('of a shorter durationMax shortens the default duration too', () => {
    expect(parsePolicy('durationMax: 20s', path).policy).toMatchObject({
      durationMaxMs: 20_000,
      durationDefaultMs: 20_000,
    });
  });

  test('says on which line each key stands, those inside of others too', () => {
    const { lines } = parsePolicy('\nstage: staging\nprotect:\n  ports: [22]\ncoolDown: { host: 1s }', path);
    expect(Object.fromEntries(lines)).toEqual({
      stage: 2,
      protect: 3,
      'protect.ports': 4,
      coolDown: 5,
      'coolDown.host': 5,
    });
  });

  test('that is missing means the defaults, and says so', async () => {
    expect(await loadPolicy(path, [self])).toEqual({
      policy: defaultPolicy,
      source: `built-in defaults, since ${path} does not exist`,
      lines: new Map(),
    });
  });
});

describe('a mistake is shown with its place, its value, the bound and the way out', () => {
  test.each([
    [
      'stage: prod',
      'policy.yaml:1:8: stage: must be one of development, staging, production-lite, production-full, not "prod"',
    ],
    [
      'stage: staging\nprocesesMax: 3',
      'policy.yaml:2:1: procesesMax: is not a key of the policy; did you mean processesMax? The keys are stage, labels,',
    ],
    ['protect:\n  name: [a]', 'policy.yaml:2:3: protect.name: is not a key of the policy; did you mean names?'],
    ['durationMax: 90', 'policy.yaml:1:14: durationMax: must be a duration such as 250ms, 10s or 5m, not 90'],
    ['durationMax: 90d', 'must be a duration such as 250ms, 10s or 5m, not "90d"'],
    ['leaseMax: 5m', 'policy.yaml:1:11: leaseMax: must be from 1s to 1m, not "5m"'],
    ['processesMax: 129', 'policy.yaml:1:15: processesMax: must be at most 128; write a smaller value, not 129'],
    ['processesMax: -1', 'must be at least 0'],
    ['processesMax: 1.5', 'must be a whole number, not 1.5'],
    ['processesMax: .nan', 'must be a number, not NaN'],
    ['cpuPercentMax: 50', 'must be a percentage such as 30%, not 50'],
    ['paths: { allow: [/var/../etc] }', 'must be an absolute path without .., not "/var/../etc"'],
    ['paths: { allow: [tmp] }', 'must be an absolute path without .., not "tmp"'],
    ['memoryFloor: 1Gb', 'must be a size such as 512MiB or 2GB, not "1Gb"'],
    ['journalWithoutSupervisor: no', 'must be true or false, not "no"'],
    ['faults: { allow: [process.pause, rm -rf] }', 'policy.yaml:1:34: faults.allow.1: must be a fault kind'],
    ['windows: { timeZone: Mars/Olympus }', 'windows.timeZone: must be a time zone such as Europe/Berlin or UTC'],
    ['windows: { timeZone: UTC, allow: [{ from: 9, to: 10:00 }] }', 'windows.allow.0.from: must be text'],
    ['windows: { timeZone: UTC, allow: [{ from: 09:00, to: 25:00 }] }', 'windows.allow.0.to: must be a time of day'],
    ['windows: { timeZone: UTC, allow: [{ from: 09:00, to: 09:00 }] }', 'the whole day is 00:00 to 24:00'],
    [
      'windows: { timeZone: UTC, blackout: [{ from: 2026-02-30T00:00, to: 2026-03-01T00:00 }] }',
      'blackout.0.from: must be',
    ],
    [
      'windows: { timeZone: UTC, blackout: [{ from: 2026-03-02T00:00, to: 2026-03-01T00:00 }] }',
      'must end after it begins',
    ],
    ['windows: { timeZone: UTC, blackout: [{ from: 09:00, to: 2026-03-01T00:00 }] }', 'of one kind'],
    ['windows: { allow: [] }', 'windows.timeZone: must be text'],
    ['windows: { timezone: UTC }', 'did you mean timeZone? The keys are timeZone, allow, blackout'],
    ['callers: [{ who: root, faults: [] }]', 'callers.0.who: must be a role (viewer'],
    ['callers: [{ who: runner, fault: ["*"] }]', 'callers.0.fault: is not a key of the policy; did you mean faults?'],
    [
      'durationMax: 10s\ndurationDefault: 20s',
      'policy.yaml:2:18: durationDefault: must be at most durationMax, which is 10s',
    ],
    ['coolDown: { host: 2h }', 'coolDown.host: must be from 0ms to 60m'],
    ['protect: { ports: [0] }', 'protect.ports.0: must be at least 1'],
    ['loadMax: -1', 'loadMax: must be at least 0'],
    ['commandLines: some', 'must be one of shown, hidden'],
    ['bindings: { allow: [luck] }', 'must be one of kernel, journal, one-shot, not "luck"'],
    ['- a list', 'policy.yaml:1:1: the policy: must be keys and values, not ["a list"]'],
    ['stage: staging\nstage: development', 'policy.yaml:2:1: Map keys must be unique'],
    ['stage:\tstaging\n\tx: y', 'policy.yaml:2:'],
    ['labels: { app: 7 }', 'labels.app: must be text, in quotes where it looks like something else, not 7'],
  ])('%j', (text, problem) => {
    expect(problems(text).join('\n')).toContain(problem);
  });

  test('all at once', () => {
    expect(problems('stage: prod\nprocessesMax: -1\nnonsense: 1')).toHaveLength(3);
  });
});

describe('a hostile file is an error, not a stall', () => {
  test.each([
    ['an alias bomb', `a: &a [x]\n${Array.from({ length: 40 }, (_, index) => `b${index}: [*a, *a, *a]`).join('\n')}`],
    ['nested aliases', 'a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: &d [*c,*c]\ne: &e [*d,*d]\nf: [*e,*e,*e]'],
    ['fifty thousand brackets', '['.repeat(50_000)],
    ['a NUL', 'stage: "a\0b"'],
    ['more than its cap', `# ${'x'.repeat(policyBytesMax)}`],
    ['__proto__ as a key', '__proto__: { stage: staging }'],
  ])('%s', (_name, text) => {
    const startedAtMs = performance.now();
    expect(problems(text)).not.toEqual([]);
    expect(performance.now() - startedAtMs).toBeLessThan(2000);
  });

  test('a label called __proto__ pollutes nothing', () => {
    expect(parsePolicy('labels: { __proto__: { polluted: 1 } }', path).policy.labels).toEqual({});
    expect({}).not.toHaveProperty('polluted');
  });

  test('whatever its bytes, with no other error than this one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        problems(text);
      }),
    );
  }, 60_000);
});

describe('a policy counts only when nobody else can have written it', () => {
  beforeEach(() => writeFileSync(path, 'stage: staging', { mode: 0o644 }));

  test('of the right owner it counts', async () => {
    expect((await loadPolicy(path, [self])).policy.stage).toBe('staging');
  });

  test.each([0o664, 0o646, 0o666])('with mode %o it does not', async (mode) => {
    chmodSync(path, mode);
    await expect(loadPolicy(path, [self])).rejects.toThrow('policy must be owned by root and not writable by others');
  });

  test('of another owner it does not', async () => {
    await expect(loadPolicy(path, [self + 1])).rejects.toThrow('must be owned by root and not writable by others');
  });

  test('in a directory where others may write it does not, even when it is missing', async () => {
    chmodSync(directory.path, 0o777);
    await expect(loadPolicy(path, [self])).rejects.toThrow('the directory of the policy');
    await expect(loadPolicy(join(directory.path, 'missing.yaml'), [self])).rejects.toThrow(
      'the directory of the policy',
    );
  });

  test('as a link, a directory or a pipe it does not', async () => {
    symlinkSync(path, join(directory.path, 'link.yaml'));
    await expect(loadPolicy(join(directory.path, 'link.yaml'), [self])).rejects.toThrow('symbolic link');
    mkdirSync(join(directory.path, 'directory.yaml'));
    await expect(loadPolicy(join(directory.path, 'directory.yaml'), [self])).rejects.toThrow('regular file');
    execFileSync('mkfifo', [join(directory.path, 'pipe.yaml')]);
    await expect(loadPolicy(join(directory.path, 'pipe.yaml'), [self])).rejects.toThrow('regular file');
  });
});
