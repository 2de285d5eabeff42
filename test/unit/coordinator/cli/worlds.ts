/** Answers of a fleet of two in which everything goes well; a test changes one thing. */
import { leash } from '../../../../proto/codec.ts';
import { receiptToWire } from '../../../../proto/fault.ts';
import { parsePid } from '../../../../proto/identity.ts';

const v1 = leash.v1;

export const identity = { bootId: 'b1', pid: parsePid(4242), startTimeTicks: 987_654 };

export const worker = {
  identity,
  parentPid: 1,
  name: 'user-worker',
  uid: 1000,
  user: 'svc',
  cmdline: 'user-worker --port 1',
  matched: ['name is user-worker'],
  protectedBy: [] as string[],
};

export const hosts = {
  hosts: ['web-1', 'web-2'].map((name, index) => ({
    name,
    address: `127.0.0.1:${7001 + index}`,
    labels: { app: 'user-service', zone: `z${index}` },
    status: v1.HostStatus.HOST_STATUS_CONNECTED,
    lastSeenMs: 12,
    description: { host: name, stage: 'staging', version: '0.1.0', halt: { halted: false, epoch: 1 } },
  })),
};

export const plan = {
  experiment: 'user-service-pause',
  stage: 'staging',
  scopeDigest: `sha256:${'a'.repeat(64)}`,
  targetsDigest: `sha256:${'b'.repeat(64)}`,
  hosts: [
    {
      host: 'web-1',
      step: 1,
      fault: 'process.pause',
      plan: {
        targets: [worker],
        protected: [{ ...worker, identity: { ...identity, pid: 1 }, name: 'init', protectedBy: ['pid 1'] }],
        matched: 2,
        binding: v1.Binding.BINDING_KERNEL,
        refusals: [] as leash.v1.IRefusal[],
      },
    },
  ],
  gates: [{ gate: 'stage', passed: true, message: 'staging on 2 of 2 hosts' }],
};

const confirmed = receiptToWire({
  faultId: 'f1',
  cause: 'completed',
  detail: '',
  confirmed: true,
  endedAtUnixMs: 1_700_000_010_000,
  restoredMs: 3,
  resourceBackMs: 0,
  targets: [{ identity, outcome: 'restored', seen: '20 of 20 threads run', threads: 20, threadsRunning: 20 }],
});

const fault = {
  host: 'web-1',
  step: 1,
  fault: {
    faultId: 'f1',
    spec: { kind: 'process.pause' },
    phase: v1.Phase.PHASE_ENDED,
    targets: [identity],
    receipt: confirmed,
  },
};

export const run = {
  runId: 'r-1',
  experiment: 'user-service-pause',
  owner: 'platform',
  submittedBy: 'uid:0',
  stage: 'staging',
  hypothesis: 'p95 stays low',
  phase: v1.RunPhase.RUN_PHASE_ENDED,
  result: v1.RunResult.RUN_RESULT_HELD,
  cause: 'every step was done',
  scopeDigest: plan.scopeDigest,
  submittedAtUnixMs: 1_700_000_000_000,
  endedAtUnixMs: 1_700_000_010_000,
  faults: [fault],
  gates: plan.gates,
  probes: [
    {
      probe: 'canary',
      value: 'latencyMs',
      baseline: 12.345,
      duringMin: 11,
      duringMax: Number.NaN,
      after: 12,
      samples: 9,
    },
  ],
  events: [] as leash.v1.IRunEvent[],
};

/** The same run, but one host still sees its process held. */
export const unresolvedRun = {
  ...run,
  result: v1.RunResult.RUN_RESULT_ABORTED,
  faults: [
    {
      ...fault,
      fault: {
        ...fault.fault,
        phase: v1.Phase.PHASE_UNRESOLVED,
        receipt: { ...confirmed, confirmed: false, targets: [{ identity, outcome: v1.Outcome.OUTCOME_STILL_HELD }] },
      },
    },
  ],
};

export const events = [
  { runId: 'r-1', sequence: 1, atUnixMs: 1_700_000_000_000, kind: 'phase', text: 'running' },
  { runId: 'r-1', sequence: 2, atUnixMs: 1_700_000_001_000, kind: 'inject', host: 'web-1', text: 'paused 1 of 1' },
];
