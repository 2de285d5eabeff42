/**
 * An experiment file as it is written. This one schema checks files, turns quantities into numbers, and is what
 * `leash schema` prints for editors. What two keys say about each other is in `compile-experiment.ts`.
 */
import { z } from 'zod';
import { faultSchemas } from '../../proto/generated/fault-schemas.ts';
import { actionsMax } from '../../proto/rollback-action.ts';
import { countMax } from '../../proto/selector.ts';
import { stages, tiers } from '../../proto/stage.ts';
import { detectorDefaults, detectorMethods } from '../core/detectors/index.ts';
import { detectorModes } from '../core/experiment.ts';
import { type ProbeKindName, probeKinds } from '../probes/kinds.ts';
import { loadStep } from './load-schema.ts';
import { duration, percent } from './quantity-schema.ts';
import { rollbackStep } from './rollback-schema.ts';
import { ruleLengthMax } from './rule.ts';
import { selectorKeys } from './selector-schema.ts';

const hourMs = 3_600_000;

/** What other tools have as a key. */
const saidOtherwise = (how: string) => z.never({ error: `is not a known key; write ${how}` }).optional();

const prose = z.string().max(2000);
const word = z.string().min(1).max(255);
const count = z.int().min(1).max(countMax);
const labels = z.record(word, z.string().max(255));

const metadata = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,127}$/, 'must be small letters, digits, ".", "_" and "-", at most 128 of them')
    .meta({ description: 'What the experiment is called in runs and reports' }),
  owner: word.meta({ description: 'Who answers for it' }),
  tier: z.enum(tiers).optional().meta({ description: 'How important what it is aimed at is, from P0 down to P3' }),
  labels: labels.optional(),
});

const blastRadius = z
  .strictObject({
    hosts: count.optional().meta({ description: 'At most this many hosts' }),
    hostsPercent: percent().optional(),
    zones: count.optional(),
    regions: count.optional(),
    services: count.optional().meta({ description: 'Services that it aims at or depends on' }),
    processesPerHost: count.optional(),
    tiers: z.array(z.enum(tiers)).min(1).optional(),
  })
  .meta({ description: 'The smallest bound counts. Unset: 1 host, 1 process on each' });

const hosts = z.strictObject({
  labels: labels.optional().meta({ description: 'All of these must be equal' }),
  names: z.array(word).min(1).max(10_000).optional(),
  mode: z.enum(['one', 'all', 'fixed', 'percent']).optional(),
  count: count.optional(),
  percent: percent().optional(),
});

const processes = z.strictObject({
  ...selectorKeys(),
  mode: z
    .enum(['one', 'all', 'fixed', 'percent', 'randomMaxPercent'])
    .optional()
    .meta({ description: 'How many of the matches; randomMaxPercent: from one of them to percent of them' }),
  count: count.optional(),
  percent: percent().optional(),
  order: z
    .enum(['oldest', 'newest'])
    .optional()
    .meta({ description: 'Which of the matches come first; drawn by the seed unless said' }),
  oldest: saidOtherwise('order: oldest'),
  newest: saidOtherwise('order: newest'),
  seed: word.max(128).optional().meta({ description: 'The same seed over the same processes draws the same ones' }),
});

const targets = z.strictObject({ hosts, processes: processes.optional() });
const stepTargets = z
  .strictObject({ hosts: hosts.optional(), processes: processes.optional() })
  .meta({ id: 'StepTargets' });

const probe = z.strictObject({
  ...probeKeys(),
  every: duration({ minimum: 100, maximum: 60_000 }).optional(),
  whenEmpty: z.literal(0).optional().meta({ description: 'Of prometheus: an answer without a series counts as 0' }),
  liveness: z
    .string()
    .optional()
    .meta({ description: 'Of prometheus: the probe without which the value does not count; required for whenEmpty' }),
  floor: z.number().min(0).optional().meta({
    description: 'Of prometheus: a baseline counts as at least this much, so that one error is not twice none',
  }),
});

/** One key for each kind of probe. */
function probeKeys(): { [Name in ProbeKindName]: z.ZodOptional<(typeof probeKinds)[Name]['written']> } {
  const keys = Object.entries(probeKinds).map(([name, { written }]) => [name, written.optional()]);
  return Object.fromEntries(keys);
}

const precondition = z.strictObject({
  probe: word.optional(),
  recipe: word.optional().meta({ description: 'Of the programme of the coordinator' }),
  errorBudget: z.strictObject({ slo: word, remainingMin: percent().optional() }).optional().meta({
    description: 'An SLO of the coordinator, and how much of its budget must be left; by the stage unless said',
  }),
});

const ruleText = z.string().min(1).max(ruleLengthMax).meta({ description: 'A CEL expression over the probes' });

const abort = z.strictObject({
  when: ruleText,
  for: duration({ minimum: 0 }).optional().meta({ description: 'How long the breach must last; 0s unless said' }),
  clear: duration({ minimum: 0, maximum: hourMs })
    .optional()
    .meta({ description: 'A breach that pauses for less than this goes on; 0s unless said' }),
  afterwards: z.boolean().optional().meta({ description: 'Watched through recovery too' }),
});

const detector = z.strictObject({
  probe: word.meta({ description: 'A probe with one main value, or a value of one: canary.latencyP95Ms' }),
  method: z.enum(detectorMethods),
  mode: z
    .enum(detectorModes)
    .optional()
    .meta({ description: 'What an alarm does: it is kept, told, or ends the run; shadow unless said' }),
  worse: z.enum(['up', 'down']).optional().meta({ description: 'Which way lies harm; up unless said' }),
  every: duration({ minimum: 100, maximum: hourMs })
    .optional()
    .meta({ description: 'Between two observations; at least the window of the value unless said' }),
  falseAborts: percent()
    .optional()
    .meta({
      description: `Of sequential: in at most this share of runs in which nothing changes; ${detectorDefaults.sequential.falseAborts * 100}% unless said`,
    }),
  threshold: z
    .number()
    .min(0.5)
    .max(1000)
    .optional()
    .meta({
      description: `Of z-score and cusum, in robust deviations; ${detectorDefaults['z-score'].threshold} and ${detectorDefaults.cusum.threshold} unless said`,
    }),
  drift: z
    .number()
    .min(0)
    .max(3.5)
    .optional()
    .meta({
      description: `Of cusum: what is allowed of each observation; ${detectorDefaults.cusum.drift} unless said`,
    }),
});

const stepId = 'Step';
const stepKeys = {
  fault: z.string().regex(/^[a-z]+\.[a-z-]+$/, 'must be the name of a fault, such as process.pause'),
  for: duration().optional(),
  reselect: z.boolean().optional().meta({ description: 'Choose again inside the scope just before this step' }),
  consent: z.literal('irreversible').optional(),
  expect: z.strictObject({ respawnWithin: duration({ minimum: 100, maximum: hourMs }) }).optional(),
  targets: stepTargets.optional(),
};

/** Keys of a step that are not the fault's parameters. */
export const stepKeyNames: readonly string[] = Object.keys(stepKeys);

const parameterWord = z.union([z.string().max(1024), z.number()]);
const parameter = z.union([parameterWord, z.boolean(), z.array(parameterWord).min(1).max(64)], {
  error: 'must be a number, text, true or false, or a list of such, as a parameter of the fault',
});
const step = z.object(stepKeys).catchall(parameter).meta({ id: stepId });
const parallel = z.strictObject({
  parallel: z
    .array(z.union([step, loadStep]))
    .min(1)
    .max(20),
});
const wait = z.strictObject({ wait: duration() });

export const experimentSchema = z
  .strictObject({
    apiVersion: z.literal('leash/v1'),
    kind: z.literal('Experiment'),
    metadata,
    goal: prose.optional(),
    hypothesis: prose.optional(),
    stage: z.enum(stages).meta({ description: "Must be what each host's own policy says" }),
    ticket: z
      .string()
      .regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'must be letters, digits, ".", "_" and "-"')
      .optional()
      .meta({ description: 'The change on record, where the coordinator asks for one' }),
    dependsOn: z.array(word).max(100).optional(),
    blastRadius: blastRadius.optional(),
    targets,
    preconditions: z.array(precondition).max(20).optional(),
    probes: z
      .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'must be letters, digits and "_"'), probe)
      .optional(),
    baseline: duration({ minimum: 1000, maximum: hourMs }).optional(),
    steadyState: z.array(ruleText).min(1).max(50).optional(),
    recovery: duration({ minimum: 0, maximum: hourMs }).optional(),
    method: z
      .array(z.union([step, parallel, wait, loadStep]))
      .min(1)
      .max(50),
    abort: z.array(abort).max(50).optional(),
    detectors: z
      .array(detector)
      .max(50)
      .optional()
      .meta({ description: 'Beside the rules: each compares a value with its baseline' }),
    rollback: z.array(rollbackStep).max(actionsMax).optional().meta({
      description:
        'What each host does when a fault ends for any reason but success; [] where letting go undoes everything',
    }),
    lease: duration({ minimum: 1000, maximum: 60_000 }).optional(),
    runbook: z.string().max(2000).optional(),
  })
  .meta({ title: 'Leash experiment', description: 'A controlled experiment: leash plan FILE, leash run FILE' });

export type WrittenExperiment = z.output<typeof experimentSchema>;
export type WrittenStep = z.output<typeof step>;
export type WrittenHosts = z.output<typeof hosts>;
export type WrittenProcesses = z.output<typeof processes>;
export type WrittenProbe = z.output<typeof probe>;
export type WrittenDetector = z.output<typeof detector>;

/**
 * The JSON Schema (2020-12) of experiment files, for editors: with the parameters of each fault that this release knows.
 * Files are not checked by those, since only the agent of a host knows what its faults take.
 */
export function experimentJsonSchema(): unknown {
  const schema = z.toJSONSchema(experimentSchema, { target: 'draft-2020-12', io: 'input' });
  return { ...schema, $defs: { ...schema.$defs, [stepId]: stepJsonSchema(schema.$defs?.[stepId] ?? {}) } };
}

/** One for each fault, and one for the faults of other releases. */
function stepJsonSchema(anyStep: z.core.JSONSchema.BaseSchema): unknown {
  const kinds = Object.keys(faultSchemas);
  const known = Object.entries(faultSchemas).map(([kind, fault]) => ({
    ...anyStep,
    description: fault.description,
    properties: { ...(fault.properties as object), ...anyStep.properties, fault: { const: kind } },
    required: ['fault', ...((fault.required as readonly string[] | undefined) ?? [])],
    additionalProperties: false,
  }));
  const others = `^(?!(${kinds.map((kind) => kind.replace('.', '\\.')).join('|')})$)[a-z]+\\.[a-z-]+$`;
  const fault = { type: 'string', pattern: others, description: 'A fault that this release does not know' };
  return { anyOf: [...known, { ...anyStep, properties: { ...anyStep.properties, fault } }] };
}
