/** Selector, protection, choice and limits together, over any table: what an inject would touch. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePattern } from '../../../../agent/core/argument-pattern.ts';
import { noFindings } from '../../../../agent/core/inquiry.ts';
import { defaultPolicy, type HostPolicy } from '../../../../agent/core/policy.ts';
import type { ProcessFacts, ProcessTable } from '../../../../agent/core/process.ts';
import { protectedBy } from '../../../../agent/core/protection.ts';
import { matchProcesses } from '../../../../agent/core/selection.ts';
import type { Examination, Wish } from '../../../../agent/engine/examine.ts';
import { createExaminer } from '../../../../agent/engine/examiner.ts';
import type { ExaminerPorts } from '../../../../agent/engine/examiner-ports.ts';
import { findFaultKind } from '../../../../agent/faults/index.ts';
import type { Choice } from '../../../../proto/choice.ts';
import { parsePid } from '../../../../proto/identity.ts';
import type { Refusal } from '../../../../proto/refusal.ts';
import type { Selector } from '../../../../proto/selector.ts';
import { processOf, tableOf } from '../processes.ts';
import { quietState } from './world.ts';

const agentPid = 7;
/** Some listen on the port that a policy may protect, and of some it cannot be told. */
const portsSeen = {
  listeners: new Map([[80, new Set([11, 12, 13].map((pid) => parsePid(pid)))]]),
  hidden: new Set([parsePid(14)]),
};
const pids = fc.integer({ min: 1, max: 40 });
const names = fc.constantFrom('nginx', 'worker', 'worker', 'app', 'app', 'sshd', 'postgres');
const users = fc.constantFrom('root', 'www-data', 'postgres');
const paths = fc.constantFrom('/usr/sbin/nginx', '/opt/app', '/opt/worker', '/usr/sbin/sshd');
const units = fc.constantFrom('nginx.service', 'app.service', 'worker.service', 'ssh.service');

const someProcess: fc.Arbitrary<ProcessFacts> = fc
  .record({
    pid: pids,
    startTimeTicks: fc.integer({ min: 0, max: 9 }),
    parentPid: fc.integer({ min: 0, max: 40 }),
    sessionId: pids,
    name: names,
    state: fc.constantFrom('S', 'S', 'R', 'T', 'Z'),
    user: fc.option(users, { nil: undefined }),
    exe: fc.option(paths, { nil: undefined }),
    cmdline: fc.array(names, { maxLength: 2 }),
    unit: fc.option(units, { nil: undefined }),
    residentBytes: fc.integer({ min: 0, max: 9 }),
    isKernelThread: fc.constantFrom(false, false, false, true),
  })
  .map(({ pid, startTimeTicks, ...facts }) => {
    const process = processOf(pid, facts);
    return { ...process, identity: { ...process.identity, startTimeTicks } };
  });

const someTable: fc.Arbitrary<ProcessTable> = fc
  .uniqueArray(someProcess, { selector: (process) => process.identity.pid, minLength: 5, maxLength: 40 })
  .map((processes) => tableOf(...processes));

const conditions = {
  name: names,
  user: users,
  exe: paths,
  unit: units,
  cmdline: names,
  memoryAboveBytes: fc.integer({ min: 0, max: 9 }),
};

/** Of one condition, or of two and one that is made of other selectors. */
function selectorOf(inner: fc.Arbitrary<Selector>): fc.Arbitrary<Selector> {
  const list = fc.array(inner, { minLength: 1, maxLength: 2 });
  const nested = fc.oneof(
    ...(['parent', 'descendantsOf', 'exclude', 'not'] as const).map((key) => inner.map((part) => ({ [key]: part }))),
    ...(['allOf', 'anyOf'] as const).map((key) => list.map((parts) => ({ [key]: parts }))),
  );
  return fc.oneof(
    leaf,
    fc.tuple(leaf, nested).map(([one, other]) => ({ ...one, ...other })),
    nested,
  );
}

const leaf: fc.Arbitrary<Selector> = fc.oneof(
  ...Object.entries(conditions).map(([key, value]) => value.map((wanted) => ({ [key]: wanted }))),
);
const someSelector = selectorOf(selectorOf(selectorOf(leaf)));

const drawn = { seed: fc.string(), order: fc.constantFrom('oldest' as const, 'newest' as const) };
const somePercent = fc.double({ min: 0.01, max: 100, noNaN: true });
const someChoice: fc.Arbitrary<Choice> = fc.oneof(
  fc.record({ mode: fc.constant('one' as const), ...drawn }, { requiredKeys: ['mode', 'seed'] }),
  fc.record({ mode: fc.constant('all' as const) }),
  fc.record(
    { mode: fc.constant('fixed' as const), count: fc.integer({ min: 1, max: 9 }), ...drawn },
    { requiredKeys: ['mode', 'count', 'seed'] },
  ),
  fc.record(
    { mode: fc.constantFrom('percent' as const, 'random-max-percent' as const), percent: somePercent, ...drawn },
    { requiredKeys: ['mode', 'percent', 'seed'] },
  ),
);

const somePolicy: fc.Arbitrary<HostPolicy> = fc
  .record({
    processesMax: fc.integer({ min: 0, max: 40 }),
    processesPercentMax: fc.constantFrom(0, 50, 100, 100),
    survivorsMin: fc.integer({ min: 0, max: 3 }),
    protect: fc.record({
      names: fc.subarray(['nginx']),
      users: fc.subarray(['postgres']),
      units: fc.subarray(['nginx.service']),
      ports: fc.subarray([80]),
    }),
  })
  .map((limits) => ({ ...defaultPolicy, ...limits }));

test('for any table and selector, a seed chooses the same processes, none protected, and no more than any limit allows', async () => {
  let accepted = 0;
  const property = fc.asyncProperty(
    someTable,
    someSelector,
    someChoice,
    somePolicy,
    async (table, selector, choice, policy) => {
      const examination = await examine(table, selector, choice, policy);
      const again = await examine(tableOf(...[...table.processes.values()].reverse()), selector, choice, policy);
      expect(again.targetsDigest).toBe(examination.targetsDigest);

      const refusals = examination.refusals(quietState, 0);
      expect(messagesOf(again.refusals(quietState, 0))).toEqual(messagesOf(refusals));
      if (refusals.length > 0) return;
      accepted += 1;
      const { targets, matches } = examination;
      const { protect } = policy;
      const facts = { agentPid, operatorPids: [], protect, ...(protect.ports.length > 0 ? { ports: portsSeen } : {}) };
      for (const { process } of targets) {
        expect(protectedBy(process, table, facts)).toEqual([]);
        expect(process.state).not.toBe('Z');
      }
      expect(new Set(targets.map(({ process }) => process.identity.pid)).size).toBe(targets.length);
      expect(targets.length).toBeGreaterThan(0);
      expect(targets.length).toBeLessThanOrEqual(policy.processesMax);
      expect(targets.length * 100).toBeLessThanOrEqual(matches.length * policy.processesPercentMax);
      expect(matches.length - targets.length).toBeGreaterThanOrEqual(policy.survivorsMin);
      expect(examination.choiceReason).not.toBe('');
    },
  );
  await fc.assert(property, { numRuns: 2000 });
  // Not a world in which everything is refused.
  expect(accepted).toBeGreaterThan(100);
}, 60_000);

test('for any table and selectors, exclusion leaves just what the selector matches and the excluded one surely does not', () => {
  const property = fc.property(someTable, someSelector, someSelector, (table, selector, excluded) => {
    const pidsOf = (each: Selector) =>
      matchProcesses(table, each, compilePattern).map(({ process }) => process.identity.pid);
    const without = pidsOf({ allOf: [selector], exclude: excluded });
    const both = new Set(pidsOf({ allOf: [selector, excluded] }));
    const all = new Set(pidsOf({ allOf: [selector] }));
    for (const pid of without) {
      expect(all.has(pid)).toBe(true);
      expect(both.has(pid)).toBe(false);
    }
  });
  fc.assert(property, { numRuns: 1000 });
}, 60_000);

test('for any table, a tree is taken whole: all that descends from a target, or nothing', async () => {
  let accepted = 0;
  const someTarget = fc.record({ table: someTable, selector: someSelector, choice: someChoice, policy: somePolicy });
  const property = fc.asyncProperty(someTarget, fc.nat(2), async ({ table, selector, choice, policy }, survivors) => {
    const kill = { kind: 'process.kill', parameters: { tree: true, survivors } };
    const examination = await examine(table, selector, choice, policy, kill);
    const { targets } = examination;
    if (examination.refusals(quietState, 0).length > 0) return;
    accepted += 1;
    const pids = new Set(targets.map(({ process }) => process.identity.pid as number));
    expect(pids.size).toBe(targets.length);
    expect(targets.length).toBeLessThanOrEqual(policy.processesMax);
    const untouched = examination.matches.filter(({ process }) => !pids.has(process.identity.pid));
    expect(untouched.length).toBeGreaterThanOrEqual(Math.max(survivors, policy.survivorsMin));
    for (const { process, protectedBy: reasons } of targets) {
      expect(reasons).toEqual([]);
      const children = [...table.processes.values()].filter(({ parentPid }) => parentPid === process.identity.pid);
      for (const { identity, state } of children) if (state !== 'Z') expect(pids.has(identity.pid)).toBe(true);
    }
  });
  await fc.assert(property, { numRuns: 1000 });
  expect(accepted).toBeGreaterThan(20);
}, 60_000);

test('for any table, an inject that names other processes than a plan would is refused, and none of them is taken', async () => {
  const property = fc.asyncProperty(
    someTable,
    someSelector,
    somePolicy,
    fc.array(pids, { minLength: 1, maxLength: 3 }),
    async (table, selector, policy, named) => {
      const identities = [...new Set(named)].map(
        (pid) => table.processes.get(parsePid(pid))?.identity ?? processOf(pid).identity,
      );
      const examination = await examine(table, selector, { mode: 'all' }, policy, { targets: identities });
      const matching = new Set(examination.matches.map(({ process }) => process));
      expect(examination.targets.every(({ process }) => matching.has(process))).toBe(true);
      const isProtected = examination.targets.some(({ protectedBy: reasons }) => reasons.length > 0);
      if (examination.targets.length === identities.length && !isProtected) return;
      expect(examination.refusals(quietState, 0)).not.toEqual([]);
    },
  );
  await fc.assert(property, { numRuns: 1000 });
}, 60_000);

function messagesOf(refusals: readonly Refusal[]): readonly string[] {
  return refusals.map(({ message }) => message).sort();
}

function examine(
  table: ProcessTable,
  selector: Selector,
  choice: Choice,
  policy: HostPolicy,
  wish: Partial<Wish> = {},
): Promise<Examination> {
  const examiner = createExaminer({
    readTable: async () => table,
    findProcesses: async (_table, asked, protection) => ({
      matches: matchProcesses(table, asked, compilePattern, noFindings).map((match) => ({
        ...match,
        protectedBy: protection(match.process),
      })),
      refusals: [],
    }),
    searchProcesses: () => Promise.reject(new Error('nothing is listed here')),
    memory: () => ({ totalBytes: 2 ** 33, availableBytes: 2 ** 32 }),
    usage: () => ({ openFiles: { used: 0, max: 1000 }, tasks: { used: 0, max: 1000 } }),
    fileSystem: async () => undefined,
    policy: () => policy,
    refreshPolicy: async () => {},
    policyProblem: () => undefined,
    listenersOf: async () => portsSeen,
    watchdogOf: () => undefined,
    strain: () => ({ loadAverage: 0, pressurePercent: { cpu: 0, memory: 0, io: 0 } }),
    bootMs: () => 0,
    unixMs: () => 0,
    startedAtBootMs: 0,
    haltFile: () => undefined,
    journalProblem: () => undefined,
    digest: (text) => text,
    hostName: 'host-a',
    lookAtIntent: () => ({ kind: 'absent' }),
    brief: () => ({}),
    abilities: {
      uid: 0,
      capabilities: new Set(['CAP_SYS_PTRACE', 'CAP_KILL']),
      yamaScope: 0,
      hasSupervisor: true,
      missing: () => undefined,
    },
    cpus: 2,
    agentPid,
    findFaultKind,
    faultKindNames: [],
  } satisfies ExaminerPorts);
  return examiner.examine({
    kind: 'process.pause',
    parameters: {},
    targeting: { selector, choice },
    targets: undefined,
    stage: 'development',
    durationMs: 10_000,
    leaseTtlMs: undefined,
    consentIrreversible: undefined,
    callerPid: undefined,
    callerNames: ['test'],
    ...wish,
  });
}
