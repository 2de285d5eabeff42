/** What a fleet, and an experiment on it, still lack: one line each, with the command that mends it. */
import type { HostDocument, HostsDocument } from '../client/host-document.ts';
import type { Experiment } from '../core/experiment.ts';

export interface ReadinessCheck {
  readonly name: string;
  readonly isReady: boolean;
  /** What was seen. */
  readonly detail: string;
  /** What turns it green; empty where it is. */
  readonly fix: string;
}

export interface FleetSeen extends HostsDocument {
  readonly version: string;
  readonly nowUnixMs: number;
  /** A rehearsal that is older than this has been forgotten by everybody. */
  readonly rehearsedWithinMs: number;
  /** What makes a first host join. */
  readonly joinFix: string;
}

const dayMs = 86_400_000;

export function fleetReadiness(fleet: FleetSeen): readonly ReadinessCheck[] {
  const { hosts, halt } = fleet;
  return [
    check('hosts', hosts.length > 0, `${hosts.length} in the inventory`, fleet.joinFix),
    ...hosts.flatMap((host) => hostReadiness(host, fleet)),
    check(
      'halt latch',
      halt?.halted !== true,
      halt?.halted ? `halted by ${halt.by}: ${halt.reason}` : 'armed',
      'leash rearm',
    ),
    haltRehearsal(fleet),
  ];
}

function hostReadiness(host: HostDocument, { version }: FleetSeen): readonly ReadinessCheck[] {
  const named = (name: string, isReady: boolean, detail: string, fix: string): ReadinessCheck =>
    check(`${host.name}: ${name}`, isReady, detail, fix);
  if (host.status !== 'connected') {
    return [
      named(
        'connected',
        false,
        host.error || 'unreachable',
        `on ${host.name}: systemctl enable --now leash-agent; leash-agent check`,
      ),
    ];
  }
  const limit = (name: string) => host.limits.find((one) => one.name === name);
  const stage = limit('stage');
  const isOwnStage = stage?.source !== undefined && stage.source !== 'default' && stage.source !== 'built in';
  const pause = host.faults.find(({ kind }) => kind === 'process.pause');
  const unsupervised = /no supervisor/.test(limit('bindings.allow')?.now ?? '');
  return [
    named('connected', true, `agent ${host.version}`, ''),
    named(
      'version',
      host.version === version,
      `agent ${host.version}, coordinator ${version}`,
      `on ${host.name}: apt install ./leash-agent_${version}_ARCH.deb`,
    ),
    named(
      'armed',
      host.halt?.halted !== true,
      host.halt?.halted ? `halted: ${host.halt.reason}` : `epoch ${host.halt?.epoch ?? 0}`,
      `leash rearm ${host.name}`,
    ),
    named(
      'nothing unresolved',
      host.unresolved.length === 0,
      host.unresolved.join('; ') || 'nothing',
      `on ${host.name}: leash-agent restore; then leash resolve ${host.name} --reason TEXT by two people`,
    ),
    named(
      'policy',
      isOwnStage,
      isOwnStage ? `stage ${host.stage} (${stage?.source})` : `stage ${host.stage}, which nobody has decided`,
      `on ${host.name}: echo "stage: ${host.stage || 'development'}" >> /etc/leash/policy.yaml && systemctl restart leash-agent`,
    ),
    named(
      'pause bound by the kernel',
      pause?.available === true && pause.binding === 'kernel',
      pause?.unavailableReason || (pause?.binding ?? 'not known'),
      `on ${host.name}: leash-agent check says what is missing`,
    ),
    named(
      'supervised',
      !unsupervised,
      unsupervised ? 'nobody would replay the journal' : 'the journal is replayed',
      `on ${host.name}: systemctl enable --now leash-agent`,
    ),
  ];
}

function haltRehearsal({ haltDrilledAtUnixMs: atUnixMs, nowUnixMs, rehearsedWithinMs }: FleetSeen): ReadinessCheck {
  const ageMs = atUnixMs === null ? undefined : nowUnixMs - atUnixMs;
  const detail = ageMs === undefined ? 'never' : `${Math.floor(ageMs / dayMs)} days ago`;
  return check('kill switch rehearsed', ageMs !== undefined && ageMs <= rehearsedWithinMs, detail, 'leash drill halt');
}

/** Of an experiment, whatever hosts it names. */
export function experimentReadiness(experiment: Experiment, path: string): readonly ReadinessCheck[] {
  const named = (name: string, isReady: boolean, detail: string, fix: string): ReadinessCheck =>
    check(`${experiment.name}: ${name}`, isReady, detail, fix);
  const { abort, rollback, probes, errorBudgets = [] } = experiment;
  return [
    named(
      'abort rule',
      abort.length > 0,
      `${abort.length} rules`,
      `add abort: to ${path}, and prove it: leash drill abort ${path}`,
    ),
    named('probe', probes.length > 0, `${probes.length} probes`, `add probes: to ${path}; leash schema says how`),
    named(
      'rollback',
      rollback !== undefined,
      rollback === undefined ? 'the file does not say' : `${rollback.length} actions`,
      `add rollback: to ${path} ([] says that letting go undoes everything), and rehearse it: leash rehearse ${path}`,
    ),
    named(
      'SLO',
      errorBudgets.length > 0,
      errorBudgets.map(({ slo }) => slo).join(', ') || 'none is named',
      `add to ${path}: preconditions: [ { errorBudget: { slo: NAME, remainingMin: 25% } } ]`,
    ),
  ];
}

export function check(name: string, isReady: boolean, detail: string, fix: string): ReadinessCheck {
  return { name, isReady, detail, fix: isReady ? '' : fix };
}
