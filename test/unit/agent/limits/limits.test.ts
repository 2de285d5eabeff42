import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultPolicy, type HostPolicy } from '../../../../agent/core/policy.ts';
import { limits, refusalsOf } from '../../../../agent/limits/index.ts';
import { leaseRefusals } from '../../../../agent/limits/lease.ts';
import type { ActiveFault, LimitFacts, Proposal } from '../../../../agent/limits/limit.ts';
import { identityKey } from '../../../../proto/identity.ts';
import { processOf } from '../processes.ts';

const gibibyte = 2 ** 30;
const workers = [101, 102, 103, 104, 105, 106].map((pid) => processOf(pid, { name: 'worker' }));

const proposal: Proposal = {
  fault: { kind: 'process.pause', aim: 'processes', stopsTargets: true, binding: 'kernel' },
  magnitude: {},
  targets: workers.slice(0, 1),
  matched: workers,
  stage: 'development',
  durationMs: 30_000,
  leaseTtlMs: 10_000,
  consentIrreversible: false,
  callerNames: ['spiffe://acme/runner/alice', 'runner'],
  watchdogs: [],
  survivorsMin: 0,
  nowBootMs: 1_000_000,
};

const quiet: LimitFacts = {
  policy: defaultPolicy,
  active: [],
  endedMeanwhile: [],
  injectedAtBootMs: [],
  endings: [],
  startedAtBootMs: 0,
  protection: () => [],
  host: {
    cpus: 2,
    memoryBytes: 8 * gibibyte,
    memoryAvailableBytes: 4 * gibibyte,
    openFilesFree: 100_000,
    tasksFree: 10_000,
    loadAverage: 0.8,
    pressurePercent: { cpu: 1.5, memory: 0, io: 0.25 },
    hasSupervisor: true,
    // A Friday, 10:00 in Berlin.
    unixMs: Date.UTC(2026, 10, 27, 9),
  },
};

function active(changes: Partial<ActiveFault> = {}): ActiveFault {
  return { faultId: 'fault-1', kind: 'process.slow', stopsTargets: true, targets: [], magnitude: {}, ...changes };
}

function policy(changes: Partial<HostPolicy>): { policy: HostPolicy } {
  return { policy: { ...defaultPolicy, ...changes } };
}

/** What one change to a proposal that passes leads to. */
function messages(changes: Partial<Proposal>, facts: Partial<LimitFacts> = {}): readonly string[] {
  return refusalsOf({ ...proposal, ...changes }, { ...quiet, ...facts }).map(
    ({ reason, message }) => `${reason}: ${message}`,
  );
}

function fault(changes: Partial<Proposal['fault']>): Partial<Proposal> {
  return { fault: { ...proposal.fault, ...changes } };
}

test('a modest proposal passes every limit', () => {
  expect(messages({})).toEqual([]);
});

describe('an inject is refused', () => {
  test('for another stage than the host’s', () => {
    expect(messages({ stage: 'staging' })).toEqual([
      'stage-mismatch: the inject is for stage staging, and this host is in development',
    ]);
  });

  test('for a fault that the policy does not list', () => {
    expect(messages({}, policy({ faults: { allow: ['process.*'] } }))).toEqual([]);
    expect(messages({}, policy({ faults: { allow: ['process.pause'] } }))).toEqual([]);
    expect(messages({}, policy({ faults: { allow: ['process.kill', 'stress.*', 'process.pausex'] } }))).toEqual([
      'fault-not-allowed: process.pause is not among the faults of faults.allow (process.kill, stress.*, process.pausex)',
    ]);
    expect(messages({}, policy({ faults: { allow: [] } }))).toHaveLength(1);
  });

  test('for a binding that the policy forbids', () => {
    expect(messages(fault({ binding: 'journal' }), policy({ bindings: { allow: ['kernel'] } }))).toEqual([
      'binding-not-allowed: process.pause would be bound by journal here, and bindings.allow has kernel',
    ]);
  });

  test('for a journal that nobody would replay, unless the policy takes that on', () => {
    const alone = { host: { ...quiet.host, hasSupervisor: false } };
    expect(messages(fault({ binding: 'journal' }))).toEqual([]);
    expect(messages(fault({ binding: 'journal' }), alone)).toEqual([
      'binding-not-allowed: process.pause would be bound by the journal, and no supervisor would replay it here: run the agent as a unit',
    ]);
    expect(
      messages(fault({ binding: 'journal' }), { ...alone, ...policy({ journalWithoutSupervisor: true }) }),
    ).toEqual([]);
    expect(messages({}, alone)).toEqual([]);
  });

  test('for a one-shot fault without consent', () => {
    expect(messages(fault({ binding: 'one-shot' }))).toEqual([
      'consent-missing: process.pause cannot be undone: it needs consent: irreversible',
    ]);
    expect(messages({ ...fault({ binding: 'one-shot' }), consentIrreversible: true })).toEqual([]);
  });

  test('for too long a duration or lease, and for none', () => {
    expect(messages({ durationMs: 300_000 })).toEqual([]);
    expect(messages({ durationMs: 300_001 })).toEqual([
      'duration-too-long: 5m long, above 0 and at most 5m allowed by durationMax',
    ]);
    expect(messages({ durationMs: 0 })).toHaveLength(1);
    expect(messages({ durationMs: Number.NaN })).toHaveLength(1);
    expect(messages({ leaseTtlMs: 30_000 })).toEqual([
      'lease-too-long: a lease of 30s, above 0 and at most 10s allowed by leaseMax',
    ]);
    expect(leaseRefusals(0, defaultPolicy)).toHaveLength(1);
    expect(leaseRefusals(10_000, defaultPolicy)).toEqual([]);
  });

  test('for a protected target, with every reason', () => {
    expect(messages({}, { protection: () => ['it is pid 1', 'it belongs to systemd'] })).toEqual([
      'target-protected: process 101 (worker) is protected: it is pid 1, it belongs to systemd',
    ]);
  });

  test('for too many targets, which are never cut down to fit', () => {
    expect(messages({ targets: workers.slice(0, 4) }, policy({ processesMax: 2 }))).toEqual([
      'too-many-targets: 4 targets, at most 2 allowed by processesMax',
    ]);
  });

  test('for too many targets at once, a process under two faults counting once', () => {
    const held = [active({ stopsTargets: false, targets: workers.slice(0, 2).map((worker) => worker.identity) })];
    expect(messages({ targets: workers.slice(0, 2) }, { active: held, ...policy({ processesMax: 2 }) })).toEqual([]);
    expect(messages({ targets: workers.slice(1, 3) }, { active: held, ...policy({ processesMax: 2 }) })).toEqual([
      'too-many-targets: 2 targets beside 2 under faults already, at most 2 at once allowed by processesMax',
    ]);
  });

  test('for too large a share of what matches', () => {
    expect(messages({ targets: workers.slice(0, 3) }, policy({ processesPercentMax: 50 }))).toEqual([]);
    expect(messages({ targets: workers.slice(0, 4) }, policy({ processesPercentMax: 50 }))).toEqual([
      'too-many-targets: 4 targets of 6 matching, at most 50% allowed by processesPercentMax',
    ]);
  });

  test('for leaving too few survivors, those under other faults not counting', () => {
    const held = [active({ targets: workers.slice(3).map((worker) => worker.identity) })];
    expect(messages({}, { active: held, ...policy({ survivorsMin: 2 }) })).toEqual([]);
    expect(messages({}, { active: held, ...policy({ survivorsMin: 3 }) })).toEqual([
      'survivors-too-few: 2 of 6 matching processes would stay untouched, at least 3 demanded by survivorsMin',
    ]);
  });

  test('for leaving fewer survivors than the fault itself asks for, which never asks for fewer than the policy', () => {
    expect(messages({ survivorsMin: 5 })).toEqual([]);
    expect(messages({ survivorsMin: 6 })).toEqual([
      'survivors-too-few: 5 of 6 matching processes would stay untouched, at least 6 demanded by the fault itself',
    ]);
    expect(messages({ survivorsMin: 1, targets: workers.slice(0, 4) }, policy({ survivorsMin: 3 }))).toEqual([
      'survivors-too-few: 2 of 6 matching processes would stay untouched, at least 3 demanded by survivorsMin',
    ]);
  });

  test('for a caller that no rule names, or not for this fault', () => {
    const callers = [
      { who: 'spiffe://acme/runner/alice', faults: ['process.kill'] },
      { who: 'runner', faults: ['process.pause'] },
      { who: 'uid:1000', faults: ['*'] },
    ];
    expect(messages({}, policy({ callers }))).toEqual([]);
    expect(messages(fault({ kind: 'process.kill' }), policy({ callers }))).toEqual([]);
    expect(messages({ callerNames: ['uid:1000(login:7)', 'local', 'uid:1000'] }, policy({ callers }))).toEqual([]);
    expect(messages(fault({ kind: 'stress.cpu' }), policy({ callers }))).toEqual([
      'caller-not-allowed: spiffe://acme/runner/alice may not inject stress.cpu: callers allows it spiffe://acme/runner/alice: process.kill; runner: process.pause',
    ]);
    expect(messages({ callerNames: ['spiffe://acme/coordinator/main', 'coordinator'] }, policy({ callers }))).toEqual([
      'caller-not-allowed: spiffe://acme/coordinator/main may not inject process.pause: callers allows it nothing',
    ]);
    expect(messages({ callerNames: [] }, policy({ callers }))).toHaveLength(1);
    expect(messages({}, policy({ callers: [] }))).toHaveLength(1);
  });

  test('outside its windows, and where it would last past the end of one', () => {
    const windows = (from: number, to: number): { policy: HostPolicy } =>
      policy({
        windows: {
          timeZone: 'Europe/Berlin',
          allow: [{ kind: 'weekly', days: ['mon', 'fri'], fromMinute: from, toMinute: to }],
          blackout: [],
        },
      });
    expect(messages({}, windows(9 * 60, 17 * 60))).toEqual([]);
    expect(messages({ durationMs: 60_000 }, windows(9 * 60, 10 * 60 + 1))).toEqual([]);
    expect(messages({ durationMs: 60_001 }, windows(9 * 60, 10 * 60 + 1))).toEqual([
      'outside-window: 1m would last past the end of windows.allow (mon, fri 09:00-10:01) at Fri 2026-11-27 10:01 in Europe/Berlin: at most 1m from now',
    ]);
    expect(messages({}, windows(22 * 60, 4 * 60))).toEqual([
      'outside-window: it is Fri 2026-11-27 10:00 in Europe/Berlin, outside windows.allow (mon, fri 22:00-04:00); it opens Fri 2026-11-27 22:00',
    ]);
    const night = { ...quiet.host, unixMs: Date.UTC(2026, 10, 28, 2, 30) };
    expect(messages({}, { ...windows(22 * 60, 4 * 60), host: night })).toEqual([]);
  });

  test('in a blackout, and where one begins before the end of the fault', () => {
    const blackout = (from: string, to: string): { policy: HostPolicy } =>
      policy({
        windows: {
          timeZone: 'Europe/Berlin',
          allow: [],
          blackout: [{ kind: 'once', fromReadingMs: Date.parse(`${from}Z`), toReadingMs: Date.parse(`${to}Z`) }],
        },
      });
    expect(messages({}, blackout('2026-11-27T10:00:30', '2026-11-28T00:00:00'))).toEqual([]);
    expect(messages({}, blackout('2026-11-20T00:00:00', '2026-11-27T10:00:00'))).toEqual([]);
    expect(messages({ durationMs: 30_001 }, blackout('2026-11-27T10:00:30', '2026-11-28T00:00:00'))).toEqual([
      'outside-window: the blackout 2026-11-27 10:00 to 2026-11-28 00:00 begins at Fri 2026-11-27 10:00, before the end of the fault in Europe/Berlin',
    ]);
    expect(messages({}, blackout('2026-11-20T00:00:00', '2026-11-27T10:01:00'))).toEqual([
      'outside-window: the blackout 2026-11-20 00:00 to 2026-11-27 10:01 holds until Fri 2026-11-27 10:01 in Europe/Berlin',
    ]);
  });

  test('too soon after the last fault on the host, or of the same service', () => {
    const program = { exe: '/opt/worker' };
    const targets = [processOf(101, program)];
    const matched = targets;
    const endings = [{ atBootMs: 970_000, services: ['program /opt/worker'] }];
    const asked = { targets, matched };
    const cooling = (hostMs: number, targetMs: number) => ({ endings, ...policy({ coolDown: { hostMs, targetMs } }) });
    expect(messages(asked, cooling(30_000, 30_000))).toEqual([]);
    expect(messages(asked, cooling(30_001, 30_000))).toEqual([
      'cooling-down: the last fault on this host ended 30s ago, at least 30s demanded by coolDown.host',
    ]);
    expect(messages(asked, cooling(0, 60_000))).toEqual([
      'cooling-down: the last fault of program /opt/worker ended 30s ago, at least 1m demanded by coolDown.target',
    ]);
    expect(messages({ ...asked, targets: [processOf(101, { exe: '/opt/other' })] }, cooling(0, 60_000))).toEqual([]);
    expect(
      messages({ ...fault({ aim: 'host', stopsTargets: false }), targets: [], matched: [] }, cooling(0, 60_000)),
    ).toEqual([]);
  });

  test('too soon after the start of the agent, which does not know what ended before', () => {
    const started = { startedAtBootMs: 990_000, ...policy({ coolDown: { hostMs: 60_000, targetMs: 0 } }) };
    expect(messages({}, started)).toEqual([
      'cooling-down: the agent started 10s ago, and what ended before is not known, at least 1m demanded by coolDown.host',
    ]);
    expect(messages({ nowBootMs: 1_050_000 }, started)).toEqual([]);
  });

  test('on a host with more load than allowed, and where the load cannot be read', () => {
    const at = (loadAverage: number | undefined) => ({
      ...policy({ loadMax: 2 }),
      host: { ...quiet.host, loadAverage },
    });
    expect(messages({}, at(4))).toEqual([]);
    expect(messages({}, at(4.02))).toEqual([
      'host-too-busy: load 2.01 per processor (2 processors), at most 2 allowed by loadMax',
    ]);
    expect(messages({}, at(undefined))).toEqual([
      'host-too-busy: the load cannot be read, at most 2 per processor allowed by loadMax',
    ]);
    expect(messages({}, at(Number.NaN))).toHaveLength(1);
  });

  test('on a host with more pressure than allowed, and where a ceiling is set that cannot be read', () => {
    const pressureMax = { cpuPercent: 50, memoryPercent: 100, ioPercent: 0 };
    const at = (cpu: number | undefined, io: number | undefined) => ({
      ...policy({ pressureMax }),
      host: { ...quiet.host, pressurePercent: { cpu, memory: undefined, io } },
    });
    expect(messages({}, at(50, 0))).toEqual([]);
    expect(messages({}, at(50.01, 0.25))).toEqual([
      'host-too-busy: 50.01% of the last ten seconds somebody waited for cpu, at most 50% allowed by pressureMax.cpu',
      'host-too-busy: 0.25% of the last ten seconds somebody waited for io, at most 0% allowed by pressureMax.io',
    ]);
    expect(messages({}, at(undefined, 0))).toEqual([
      'host-too-busy: the pressure on cpu cannot be read here, at most 50% allowed by pressureMax.cpu; boot with psi=1, or write pressureMax.cpu: 100%',
    ]);
    expect(messages({}, at(Number.NaN, 0))).toHaveLength(1);
  });

  test('for holding a unit still that has a watchdog, or may have one', () => {
    expect(messages({ watchdogs: [{ unit: 'db.service', watchdog: 180_000 }] })).toEqual([
      'watchdog: db.service has WatchdogSec=3m, and its supervisor ends it when it is silent for that long; process.pause takes despiteWatchdog: true to hold it still',
    ]);
    expect(messages({ watchdogs: [{ unit: 'db.service', watchdog: 'unknown' }] })).toEqual([
      'watchdog: whether db.service has a WatchdogSec= cannot be told; process.pause takes despiteWatchdog: true to hold it still',
    ]);
  });

  test('for a second fault that stops a process, however it does, and not for one that does not', () => {
    const held = [active({ targets: [workers[0]!.identity] })];
    const no = 'target-held: process 101 (worker) is held by fault fault-1 (process.slow): restore that first';
    expect(messages({}, { active: held })).toEqual([no]);
    expect(messages(fault({ binding: 'journal' }), { active: held })).toEqual([no]);
    expect(messages(fault({ stopsTargets: false }), { active: held })).toEqual([]);
    expect(messages({}, { active: [active({ stopsTargets: false, targets: [workers[0]!.identity] })] })).toEqual([]);
  });

  test('for a process that was seen stopped while a fault that is over by now still stopped it', () => {
    const endedMeanwhile = [active({ targets: [workers[0]!.identity] })];
    const stopped = { targets: [{ ...workers[0]!, state: 'T' }] };
    expect(messages(stopped, { endedMeanwhile })).toEqual([
      'target-held: process 101 (worker) was held by fault fault-1 (process.slow) when it was looked at: plan again',
    ]);
    expect(messages({}, { endedMeanwhile })).toEqual([]);
    expect(messages(stopped)).toEqual([]);
  });

  test('for too many faults at once', () => {
    const four = [1, 2, 3, 4].map((number) => active({ faultId: `fault-${number}` }));
    expect(messages({}, { active: four.slice(1) })).toEqual([]);
    expect(messages({}, { active: four })).toEqual([
      'too-many-faults: 4 faults on this host already, at most 4 at once allowed by faultsMax',
    ]);
  });

  test('for too many injects within a minute of boot time', () => {
    const five = [940_001, 950_000, 960_000, 970_000, 1_000_000];
    expect(messages({}, { injectedAtBootMs: five })).toEqual([
      'rate-limited: 5 injects in the last minute, at most 5 allowed by injectsPerMinute',
    ]);
    expect(messages({}, { injectedAtBootMs: [940_000, ...five.slice(1)] })).toEqual([]);
  });

  test('for more processor time than allowed, other faults included', () => {
    expect(messages({ magnitude: { cpuPercent: 80 } })).toEqual([]);
    expect(
      messages({ magnitude: { cpuPercent: 50 } }, { active: [active({ magnitude: { cpuPercent: 40 } })] }),
    ).toEqual(['magnitude-too-large: 90% of all processors, at most 80% allowed by cpuPercentMax']);
    expect(messages({ magnitude: { cpuPercent: Number.NaN } })).toHaveLength(1);
  });

  test('for more memory than allowed, or than the floor leaves', () => {
    expect(messages({ magnitude: { memoryBytes: 3.5 * gibibyte } })).toEqual([]);
    expect(messages({ magnitude: { memoryBytes: 5 * gibibyte } })).toEqual([
      'magnitude-too-large: 5GiB is 62.5% of 8GiB, at most 50% allowed by memoryPercentMax',
      'floor-crossed: 0B would stay available of 4GiB, at least 256MiB demanded by memoryFloor',
    ]);
  });

  test('for a directory that the policy does not name, or on a file system that the fault cannot work on', () => {
    const space = { type: 'ext4', totalBytes: 10 * gibibyte, freeBytes: 5 * gibibyte };
    const at = (path: string, allow: readonly string[], more: Partial<Proposal['directory']> = {}) =>
      messages({ directory: { path, space, ...more } }, policy({ paths: { allow } }));
    expect(at('/var/lib/app/data', ['/var/lib/app'])).toEqual([]);
    expect(at('/srv', ['/'])).toEqual([]);
    expect(at('/var/lib/apples', ['/var/lib/app', '/tmp'])).toEqual([
      'path-not-allowed: /var/lib/apples is not in a directory of paths.allow (/var/lib/app, /tmp)',
    ]);
    expect(at('/tmp', [])).toHaveLength(1);
    expect(at('/tmp', ['/tmp'], { fileSystems: ['xfs', 'tmpfs'] })).toEqual([
      'fault-unavailable: /tmp is on ext4; process.pause works on xfs, tmpfs',
    ]);
    expect(messages({ directory: { path: '/tmp' } })).toEqual([
      'fault-unavailable: the file system of /tmp cannot be asked',
    ]);
  });

  test('for more reading and writing than allowed, other faults included', () => {
    const mebibyte = 2 ** 20;
    expect(messages({ magnitude: { ioBytesPerSecond: 64 * mebibyte } })).toEqual([]);
    const held = { active: [active({ magnitude: { ioBytesPerSecond: 40 * mebibyte } })] };
    expect(messages({ magnitude: { ioBytesPerSecond: 30 * mebibyte } }, held)).toEqual([
      'magnitude-too-large: 70MiB a second, at most 64MiB allowed by ioBytesPerSecondMax',
    ]);
    expect(messages({ magnitude: { ioBytesPerSecond: Number.NaN } })).toHaveLength(1);
  });

  test('for filling a file system too full, or below its floor', () => {
    expect(messages({ magnitude: { diskPercent: 90, diskLeftBytes: gibibyte } })).toEqual([]);
    expect(messages({ magnitude: { diskPercent: 99, diskLeftBytes: 100 * 2 ** 20 } })).toEqual([
      'magnitude-too-large: the file system would be 99% full, at most 90% allowed by diskPercentMax',
      'floor-crossed: 100MiB would stay free on the file system, at least 256MiB demanded by diskFloor',
    ]);
    expect(messages({ magnitude: { diskPercent: Number.NaN, diskLeftBytes: Number.NaN } })).toHaveLength(2);
  });

  test('for open files or tasks below the floor of the host', () => {
    expect(messages({ magnitude: { openFiles: 90_000, tasks: 8000 } })).toEqual([]);
    expect(messages({ magnitude: { openFiles: 95_000, tasks: 9500 } })).toEqual([
      'floor-crossed: 5000 open files would stay free of 100000, at least 8192 demanded by openFilesFloor',
      'floor-crossed: 500 tasks would stay free of 10000, at least 1024 demanded by tasksFloor',
    ]);
  });

  test('with every "no" at once', () => {
    expect(messages({ stage: 'staging', durationMs: 0, leaseTtlMs: 0 })).toHaveLength(3);
  });
});

test('a limit of 0 allows none', () => {
  const none = policy({ processesMax: 0, faultsMax: 0, injectsPerMinute: 0, processesPercentMax: 0 });
  expect(messages({}, none).map((message) => message.split(':')[0])).toEqual([
    'too-many-targets',
    'too-many-targets',
    'too-many-faults',
    'rate-limited',
  ]);
});

test('a fault of the host is not judged by limits on processes', () => {
  const hostFault = { ...fault({ aim: 'host', stopsTargets: false }), targets: [], matched: [] };
  expect(messages(hostFault, policy({ processesMax: 0, survivorsMin: 3, processesPercentMax: 0 }))).toEqual([]);
});

test('whatever passes keeps within every bound', () => {
  const someTargets = fc.subarray(workers);
  fc.assert(
    fc.property(
      someTargets,
      someTargets,
      fc.nat(6),
      fc.nat(6),
      fc.nat(100),
      (targets, held, processesMax, survivorsMin, processesPercentMax) => {
        const facts = {
          active: [active({ targets: held.map((process) => process.identity) })],
          ...policy({ processesMax, survivorsMin, processesPercentMax }),
        };
        if (targets.length === 0 || messages({ targets }, facts).length > 0) return;
        const touched = new Set([...targets, ...held].map((process) => identityKey(process.identity)));
        expect(touched.size).toBeLessThanOrEqual(processesMax);
        expect(workers.length - touched.size).toBeGreaterThanOrEqual(survivorsMin);
        expect((100 * targets.length) / workers.length).toBeLessThanOrEqual(processesPercentMax);
        expect(targets.filter((target) => held.includes(target))).toEqual([]);
      },
    ),
  );
});

test('every limit has a name of its own and shows its bound', () => {
  expect(new Set(limits.map((limit) => limit.name)).size).toBe(limits.length);
  expect(limits.every((limit) => limit.shown(defaultPolicy) !== '' && limit.summary !== '')).toBe(true);
});
