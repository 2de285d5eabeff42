/** What policies are asked about. Written down in coordinator/policy/README.md: a change here is a change of that. */
import type { Stage } from '../../proto/stage.ts';
import type { JsonObject } from '../../proto/struct.ts';
import type { Asker } from './access.ts';
import type { Approval } from './approval.ts';
import { judgeApprovals } from './approval.ts';
import type { Experiment } from './experiment.ts';
import type { PermitRules } from './permit-rules.ts';
import type { HostPlan } from './plan.ts';

export interface PolicyDocument {
  readonly format: 1;
  readonly action: 'start';
  readonly dryRun: boolean;
  readonly runId: string;
  readonly scopeDigest: string;
  readonly asker: {
    readonly name: string;
    readonly person: string;
    readonly groups: readonly string[];
    readonly roles: readonly string[];
  };
  readonly submittedBy: string;
  /** Whose yes counts now. */
  readonly approvedBy: readonly string[];
  readonly experiment: {
    readonly name: string;
    readonly owner: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly stage: Stage;
    readonly tier: string;
    readonly ticket: string;
    readonly dependsOn: readonly string[];
    readonly hasAbortRules: boolean;
    readonly hasRollback: boolean;
  };
  readonly hosts: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly stage: string;
  }[];
  readonly steps: readonly {
    readonly number: number;
    readonly fault: string;
    readonly parameters: JsonObject;
    readonly durationMs: number;
    readonly irreversible: boolean;
    readonly hosts: readonly string[];
    readonly processes: number;
  }[];
  readonly fleetSize: number;
  /** UTC. */
  readonly time: { readonly unixMs: number; readonly weekday: string; readonly hour: number; readonly date: string };
}

export interface PolicyCase {
  readonly experiment: Experiment;
  readonly scopeDigest: string;
  readonly runId?: string;
  readonly asker?: Asker;
  readonly hosts: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly stage?: string;
  }[];
  readonly plans: readonly HostPlan[];
  readonly fleetSize: number;
  readonly programme: { readonly nowUnixMs: number };
  readonly permits?: {
    readonly rules: PermitRules;
    readonly submittedBy?: string;
    approvals(): Promise<readonly Approval[]>;
    personOf(name: string): string;
  };
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

export async function policyDocument(asked: PolicyCase): Promise<PolicyDocument> {
  const { experiment, scopeDigest, runId, asker, hosts, plans, fleetSize, permits } = asked;
  const { nowUnixMs } = asked.programme;
  const now = new Date(nowUnixMs);
  const submittedBy = permits?.submittedBy ?? asker?.name ?? '';
  const steps = experiment.method.flatMap((group) => group.steps).filter((step) => step.kind === 'fault');
  return {
    format: 1,
    action: 'start',
    dryRun: runId === undefined,
    runId: runId ?? '',
    scopeDigest,
    asker: {
      name: asker?.name ?? '',
      person: asker?.person ?? '',
      groups: asker?.groups ?? [],
      roles: [...new Set((asker?.grants ?? []).map(({ role }) => role))],
    },
    submittedBy,
    approvedBy: permits
      ? judgeApprovals({
          approvals: await permits.approvals(),
          ...(runId === undefined ? {} : { runId }),
          scopeDigest,
          submittedBy,
          rules: permits.rules.approvals[experiment.stage],
          nowUnixMs,
          personOf: permits.personOf,
        }).people
      : [],
    experiment: {
      name: experiment.name,
      owner: experiment.owner,
      labels: experiment.labels,
      stage: experiment.stage,
      tier: experiment.tier ?? '',
      ticket: experiment.ticket ?? '',
      dependsOn: experiment.dependsOn,
      hasAbortRules: experiment.abort.length > 0,
      hasRollback: (experiment.rollback ?? []).length > 0,
    },
    hosts: hosts.map(({ name, labels, stage = '' }) => ({ name, labels, stage })),
    steps: steps.map(({ number, fault, parameters, durationMs, consentIrreversible }) => {
      const own = plans.filter((plan) => plan.stepNumber === number);
      const processes = own.map(({ outcome }) => (outcome.kind === 'planned' ? outcome.targets.length : 0));
      return {
        number,
        fault,
        parameters,
        durationMs,
        irreversible: consentIrreversible,
        hosts: own.map(({ host }) => host),
        processes: processes.reduce((sum, each) => sum + each, 0),
      };
    }),
    fleetSize,
    time: {
      unixMs: nowUnixMs,
      weekday: weekdays[now.getUTCDay()] as string,
      hour: now.getUTCHours(),
      date: now.toISOString().slice(0, 10),
    },
  };
}
