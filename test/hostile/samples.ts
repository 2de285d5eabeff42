/** One valid message for each call of the agent, with every field set, for fuzzers to put wrong. None may change a host. */
import { leash } from '../../proto/codec.ts';
import { type AgentMethod, agentService } from '../../proto/services.ts';
import { jsonToStruct } from '../../proto/struct.ts';

const v1 = leash.v1;

/** A stage that the host is not in: whatever else a fuzzer makes of it, it is refused. */
const otherStage = 'production-full';

export function samples(bystanderPid: number): Readonly<Record<AgentMethod, Buffer>> {
  const inner: leash.v1.ISelector = { name: 'inner', user: 'root' };
  const selector: leash.v1.ISelector = {
    name: 'fuzzed',
    cmdline: 'a+b',
    pid: bystanderPid,
    user: '0',
    parent: inner,
    exe: '/usr/bin/node',
    pidfile: '/run/fuzz.pid',
    group: '0',
    unit: 'fuzz.service',
    cgroup: '/fuzz',
    cgroupTree: '/fuzz',
    container: '0123456789ab',
    port: 80,
    descendantsOf: inner,
    memoryAboveBytes: 1000,
    cpuAbovePercent: 1.5,
    exclude: inner,
    allOf: [inner, inner],
    anyOf: [inner],
    not: inner,
  };
  const targeting: leash.v1.ITargeting = {
    selector,
    choice: { mode: v1.Mode.MODE_PERCENT, count: 1, percent: 50, seed: 'seed', order: v1.Order.ORDER_OLDEST },
  };
  const parameters = jsonToStruct({ share: '50%', period: '10ms', nested: { deep: [1, null, true, { x: 'y' }] } });
  const spec: leash.v1.IFaultSpec = { kind: 'process.slow', parameters };
  const identity: leash.v1.IProcessIdentity = { bootId: 'boot', pid: bystanderPid, startTimeTicks: 12_345 };
  const renewals: leash.v1.IRenewal[] = [{ faultId: 'fault', leaseTtlMs: 1000 }];
  const plan: leash.v1.IPlanRequest = { spec, targeting, durationMs: 1000, stage: otherStage };
  // None that a host allows without its policy saying so.
  const actions: leash.v1.IRollbackAction[] = [
    { systemdRestart: { unit: 'fuzz.service' } },
    { httpCall: { method: 'POST', url: 'http://127.0.0.1:9/fuzz' } },
    { programRun: { program: 'fuzz', args: ['fuzz'] } },
  ];
  const inject: leash.v1.IInjectRequest = {
    // Selectors and parameters are read by the same door as a plan's, and are put wrong there.
    spec: { kind: 'process.slow' },
    targeting: { selector: { pid: bystanderPid }, choice: { mode: v1.Mode.MODE_ONE } },
    durationMs: 1000,
    stage: otherStage,
    idempotencyKey: 'fuzz-key-1',
    experiment: 'fuzz',
    runId: 'run',
    targets: [identity, identity],
    targetsDigest: 'digest',
    leaseTtlMs: 1000,
    haltEpoch: 1,
    consentIrreversible: true,
    rollback: actions,
    intent: {
      intent: '{}',
      signature: '-----BEGIN SSH SIGNATURE-----',
      scope: '{}',
      commit: { path: 'fuzz.json', objects: [Buffer.from('tree 0'), Buffer.alloc(0)] },
    },
  };
  const restore = Buffer.concat([
    // All arms of the oneof, one after the other.
    bytesOf(v1.RestoreRequest, { everything: false }),
    bytesOf(v1.RestoreRequest, { runId: 'run' }),
    bytesOf(v1.RestoreRequest, { faultId: 'fault', target: identity, reason: 'fuzz' }),
  ]);
  return {
    describe: Buffer.alloc(0),
    listProcesses: bytesOf(v1.ListProcessesRequest, { selector }),
    plan: bytesOf(v1.PlanRequest, plan),
    inject: bytesOf(v1.InjectRequest, inject),
    renew: bytesOf(v1.RenewRequest, { renewals }),
    restore,
    halt: bytesOf(v1.HaltRequest, { requestId: 'fuzz', reason: 'fuzz' }),
    rearm: bytesOf(v1.RearmRequest, { expectedEpoch: 1, reason: 'fuzz' }),
    observe: Buffer.concat([
      bytesOf(v1.ObserveRequest, { processes: selector }),
      bytesOf(v1.ObserveRequest, { unit: 'fuzz.service' }),
      bytesOf(v1.ObserveRequest, { file: { path: '/var/log/fuzz', pattern: 'fuzz', cursor: '' } }),
    ]),
    act: bytesOf(v1.ActRequest, {
      id: 'fuzz-act-1',
      actions,
      reason: 'fuzz',
    }),
    watch: Buffer.alloc(0),
    session: bytesOf(v1.SessionRequest, { sequence: 1, renewals }),
  };
}

/** Those that are answered once: a stream would wait. */
export const unaryMethods = [
  'describe',
  'plan',
  'inject',
  'renew',
  'restore',
  'halt',
  'rearm',
  'observe',
  'act',
] as const satisfies readonly AgentMethod[];

export function pathOf(method: AgentMethod): string {
  return agentService[method].path;
}

function bytesOf<Message>(codec: { encode(message: Message): { finish(): Uint8Array } }, message: Message): Buffer {
  return Buffer.from(codec.encode(message).finish());
}
