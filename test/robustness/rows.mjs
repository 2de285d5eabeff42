// The rows of the robustness table: what is claimed, where it is checked, which figure stands for it, and what was not
// tested. A figure is read from the results; one that is not there is "not measured", and never guessed.
import { at, both, death, ms, named, storm } from './figures.mjs';

const checker = (name) => `simulation: test/invariants/${name}.ts`;
const host = (file) => `host test: test/host/${file}.test.ts`;
const unit = (file) => `unit test: test/unit/${file}.test.ts`;
const hostile = (file) => `host test: test/hostile/${file}.test.ts`;
const fleet = 'host test: test/fleet/partition.test.ts';
const model = 'model: test/model/halt-and-lease.pml';
const kills = 'storm: test/storm/storm.ts';
const upgrade = 'host test: test/e2e/upgrade.test.ts';

const simulated = (results) =>
  both(
    at(results, 'simulate', 'seeds'),
    at(results, 'simulate', 'violations'),
    (seeds, violations) => `${seeds} seeds, ${violations} violations`,
  );
/** Of `npm run deaths`. */
const onBooted = (results, key, binding) => ms(at(results, 'deaths', 'deaths', key, binding));
const modelled = (results) =>
  both(
    at(results, 'model', 'states'),
    at(results, 'model', 'violation'),
    (states, violation) =>
      `${states} states, ${violation ?? 'no violation'}; ${at(results, 'model', 'found')} of ${at(results, 'model', 'mutants')} mutants found`,
  );

/** With its date: it is run by hand, and not with the others. */
const machine = (results) => {
  const claims = at(results, 'vm', 'claims');
  if (claims === undefined) return undefined;
  const { kernel } = results.vm.result;
  const right = claims.filter(({ isTrue }) => isTrue).length;
  return `virtual machine, Linux ${kernel}, ${results.vm.startedAt?.slice(0, 10)}: ${right} of ${claims.length} claims hold`;
};

export const rows = [
  {
    id: 'S1',
    claim:
      'Every kernel-bound fault is gone by the end of its lease or its hard deadline, plus ε; a journal-bound one by that plus R.',
    checks: [
      checker('bounded'),
      kills,
      host('agent-death'),
      host('ptrace-traps'),
      fleet,
      'bench: test/bench/deadman.ts',
      'booted hosts: test/fleet/booted/deaths.test.ts',
      'booted hosts: test/fleet/booted/journal-faults.test.ts',
      'booted hosts: test/fleet/booted/services.test.ts',
      'bench: test/bench/undo.ts',
      model,
    ],
    figures: [
      (r) => named('agent killed', death(r, 'agentKilled')),
      (r) => named('holder killed', death(r, 'holderKilled')),
      (r) => named('both killed', death(r, 'bothKilled')),
      (r) => named('agent hung, past the lease', death(r, 'agentHung')),
      (r) => named('booted hosts, agent and holders killed, kernel-bound', onBooted(r, 'bothKilled', 'kernel')),
      (r) => named('booted hosts, agent and holders killed, journal-bound (R)', onBooted(r, 'bothKilled', 'journal')),
      (r) => named('R, agent and holder killed', ms(at(r, 'undo', 'bothKilled'))),
      (r) => named('R, agent killed', ms(at(r, 'undo', 'agentKilled'))),
      (r) => named('R, holder killed', ms(at(r, 'undo', 'holderKilled'))),
      (r) => named('partition, past the lease', ms(at(r, 'partition', 'overLease'))),
      (r) => named('saturation, CPU', ms(at(r, 'saturation', 'cpu', 'restoreLate'))),
      (r) => named('saturation, memory', ms(at(r, 'saturation', 'memory', 'restoreLate'))),
      storm,
      simulated,
    ],
    bound: 'ε: 250 ms idle, 500 ms at twice the CPU; partition: lease + 500 ms',
    untested: 'suspend of a real machine; a memory shortage that ends the agent by the kernel’s OOM killer',
  },
  {
    id: 'S2',
    claim: 'Bind before touch: intent durable, holder bound, identity verified, then act, observe, acknowledge.',
    checks: [checker('bind-before-touch'), kills, unit('agent/core/decide'), model],
    figures: [storm, simulated, modelled],
    bound: '0 violations',
    untested: 'a crash of the whole machine between two steps (power loss)',
  },
  {
    id: 'S3',
    claim: 'The wall clock is never used for a lease.',
    checks: [checker('boot-time-leases'), kills, unit('agent/core/lease')],
    figures: [simulated],
    bound: '0 violations',
    untested: 'suspend of a real machine; certificates do use the wall clock',
  },
  {
    id: 'S4',
    claim: 'No restore step needs disk, memory, descriptors or the network.',
    checks: [checker('restore-needs-nothing'), host('exhaustion'), host('hanging-disk'), kills],
    figures: [storm, simulated],
    bound: '0 left held',
    untested: 'memory so scarce that the kernel ends the agent',
  },
  {
    id: 'S5',
    claim:
      'Halt fences: an unseen halt always latches and increments; rearm and inject compare and set; the latch outlives what it is said to outlive.',
    checks: [
      checker('halt-fences'),
      model,
      unit('agent/store/latch'),
      host('halt-latch'),
      fleet,
      'host test: test/e2e/halt.test.ts',
    ],
    figures: [modelled, simulated],
    bound: '0 violations, every mutant found',
    untested: 'the model has one crash, one fault and no lost directory',
  },
  {
    id: 'S6',
    claim: 'Halt is fail-safe: no store, policy, approval or coordinator is needed.',
    checks: [
      checker('halt-fail-safe'),
      'host test: test/e2e/halt.test.ts',
      'host test: test/e2e/coordinator-disk.test.ts',
      'host test: test/e2e/emergency-stop.test.ts',
      hostile('flood'),
      fleet,
    ],
    figures: [
      (r) => named('halt under 1,500 idle connections', ms(at(r, 'flood', 'idle', 'halt'))),
      (r) => named('halt under saturation, CPU', ms(at(r, 'saturation', 'cpu', 'haltRoundTrip'))),
      simulated,
    ],
    bound: '250 ms under saturation',
    untested: 'chat tools other than Slack, and Slack itself: its documented request is signed by the test',
  },
  {
    id: 'S7',
    claim: 'A protected process is never touched, and is looked at again in the moment of the act.',
    checks: [
      checker('protected-untouched'),
      unit('agent/core/protection'),
      host('targeting'),
      hostile('process-names'),
    ],
    figures: [simulated],
    bound: '0 touched',
    untested: 'container runtimes other than by their cgroup names',
  },
  {
    id: 'S8',
    claim: 'A recycled pid is never hit, by inject or by restore.',
    checks: [checker('recycled-pid'), host('pid-reuse')],
    figures: [simulated],
    bound: '0 hit',
    untested: 'kernels without pidfd (before 5.3): faults on processes are refused there',
  },
  {
    id: 'S9',
    claim: 'The blast radius holds: per host by a root-owned file, over the fleet by transaction.',
    checks: [checker('blast-radius'), unit('agent/limits/limits'), unit('coordinator/gates/gates'), hostile('limits')],
    figures: [simulated],
    bound: '0 violations',
    untested: 'several coordinators over one database',
  },
  {
    id: 'S10',
    claim: 'Budget returns only after a confirmed restore, or after lease, ε and a margin.',
    checks: [checker('budget-returned')],
    figures: [simulated],
    bound: '0 violations',
    untested: 'on real hosts',
  },
  {
    id: 'S11',
    claim: 'Restore is idempotent, independent for each target, and commutes.',
    checks: [checker('independent-restores'), host('pause'), unit('agent/core/decide')],
    figures: [simulated],
    bound: '0 violations',
    untested: '—',
  },
  {
    id: 'S12',
    claim: '“Restored” was seen, never assumed.',
    checks: [checker('restored-is-seen'), unit('agent/faults/seen-threads'), host('pause')],
    figures: [simulated],
    bound: '0 violations',
    untested: 'a target in D state on a real device; a frozen cgroup of version 1',
  },
  {
    id: 'S13',
    claim: 'What was stopped, niced or limited before us is put back as it was.',
    checks: [
      checker('put-back-as-it-was'),
      host('ptrace-hold'),
      host('settings'),
      'host test: test/e2e/journal.test.ts',
      'booted hosts: test/fleet/booted/journal-faults.test.ts',
      'booted hosts: test/fleet/booted/services.test.ts',
      'virtual machine: test/vm/main.mjs',
    ],
    figures: [simulated, machine],
    bound:
      '0 violations; a process that others stop between the record and the look of the holder runs on if the agent dies then, since nobody can tell; so does one that they stop after a release that a broken disk did not take',
    untested: 'queues and limits of version 2 only in one kernel, that of the virtual machine',
  },
  {
    id: 'S14',
    claim:
      'Audit: intent before act, no gap, no acknowledged record lost; edits, rollbacks and cuts before a checkpoint found.',
    checks: [checker('audit-chain'), unit('shared/audit-file'), unit('shared/audit-verify'), host('audit-killed')],
    figures: [simulated],
    bound: '0 violations',
    untested: 'two sides that forge together; a simulated host signs no checkpoints',
  },
  {
    id: 'S15',
    claim: 'At most once: one idempotency key, one fault.',
    checks: [checker('at-most-once'), unit('agent/core/decide'), hostile('grpc')],
    figures: [simulated],
    bound: '0 violations',
    untested: 'keys of faults that ended before a restart of the agent are forgotten',
  },
  {
    id: 'S16',
    claim: 'Abort rules fail closed.',
    checks: [
      checker('abort-fails-closed'),
      unit('coordinator/engine/run'),
      unit('coordinator/core/probe-window'),
      'host test: test/e2e/abort-rules.test.ts',
      'bench: test/bench/abort.ts',
    ],
    figures: [(r) => named('from a breach that has lasted to the last target running', ms(at(r, 'abort'))), simulated],
    bound: '0 violations; 1,000 ms at a scrape of 1 s',
    untested: '—',
  },
  {
    id: 'S17',
    claim: 'No hostile input crashes the agent or stalls it over 100 ms; halt flows in overload.',
    checks: [
      checker('no-crash'),
      hostile('flood'),
      hostile('certificates'),
      hostile('grpc'),
      hostile('limits'),
      hostile('yaml'),
      hostile('process-names'),
      hostile('journal'),
      'fuzzer: test/hostile/fuzz-main.ts',
    ],
    figures: [
      (r) => named('a call under 1,500 idle connections', ms(at(r, 'flood', 'idle', 'calls'))),
      (r) => named('on a new connection', ms(at(r, 'flood', 'idle', 'callsOnNewConnections'))),
      (r) => named('a call under an HTTP/2 reset flood', ms(at(r, 'flood', 'reset', 'calls'))),
      (r) =>
        both(
          at(r, 'fuzz', 'grpc', 'sent'),
          at(r, 'fuzz', 'yaml', 'read'),
          (sent, read) => `fuzzed: ${sent} messages, ${read} files`,
        ),
      (r) =>
        both(
          at(r, 'fuzz', 'journal', 'records'),
          at(r, 'fuzz', 'journal', 'wrong'),
          (records, wrong) => `${records} journal records, ${wrong.length} moved what they must not`,
        ),
    ],
    bound: 'p99 100 ms',
    untested:
      'event streams and chat do not exist yet; floods came over loopback; an authenticated peer that floods from many connections slows others down',
  },
  {
    id: 'S18',
    claim: 'Upgrade and downgrade in the middle of a fault restore.',
    checks: [
      checker('unknown-record'),
      upgrade,
      unit('agent/store/replay'),
      'booted hosts: test/fleet/booted/deaths.test.ts',
    ],
    figures: [
      (r) => named('upgrade by apt, journal-bound', onBooted(r, 'upgraded', 'journal')),
      (r) => named('downgrade by apt, journal-bound', onBooted(r, 'downgraded', 'journal')),
      simulated,
    ],
    bound: '0 left held',
    untested: 'packages for arm64; more than one step between versions',
  },
  {
    id: 'S19',
    claim: 'Liveness: once disturbances stop, nothing is injected within two leases.',
    checks: [checker('liveness'), fleet, kills],
    figures: [
      (r) =>
        both(
          at(r, 'partition', 'trials'),
          at(r, 'partition', 'orphans'),
          (trials, orphans) => `${trials} partitions, ${orphans} left held`,
        ),
      storm,
      simulated,
    ],
    bound: '2 leases',
    untested: 'fleets of more than three real hosts',
  },
  {
    id: 'S20',
    claim: 'Irreversible acts take the strictest path.',
    checks: [checker('irreversible'), host('kill'), unit('agent/faults/process-kill'), unit('agent/limits/limits')],
    figures: [simulated],
    bound: '0 violations',
    untested: '—',
  },
];
