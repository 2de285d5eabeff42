/**
 * An experiment file as it is written. This one schema checks files, turns quantities into numbers, and is what
 * `leash schema` prints for editors. What two keys say about each other is in `compile-experiment.ts`.
 */
import { z } from 'zod';
import { actionsMax } from '../../proto/rollback-action.ts';
import { countMax } from '../../proto/selector.ts';
import { stages, tiers } from '../../proto/stage.ts';
import { duration, percent } from './quantity-schema.ts';
import { rollbackStep } from './rollback-schema.ts';
import { ruleLengthMax } from './rule.ts';
import { selectorKeys } from './selector-schema.ts';

const hourMs = 3_600_000;

/** Keys of the design that no release has yet: refused by name, since ignoring one would be a broken promise. */
const notAvailableYet = (what: string) => z.never({ error: `${what} is not available yet` }).optional();
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
const stepTargets = z.strictObject({ hosts: hosts.optional(), processes: processes.optional() });

export const http = z.strictObject({
  url: z.string().max(2000).refine(isHttpUrl, 'must be an http:// or https:// address without a user in it'),
  method: z.enum(['GET', 'HEAD']).optional(),
  status: z
    .union([z.int().min(100).max(599), z.string().regex(/^[1-5]\d\d-[1-5]\d\d$/, 'must be such as 200 or 200-299')])
    .optional()
    .meta({ description: 'Statuses that count as up; 200-299 unless said otherwise' }),
  timeout: duration({ minimum: 10, maximum: 30_000 }).optional(),
  window: duration({ minimum: 1000, maximum: hourMs })
    .optional()
    .meta({ description: 'What error ratio and percentiles are over; 10s unless said otherwise' }),
});

const probe = z.strictObject({
  http: http.optional(),
  every: duration({ minimum: 100, maximum: 60_000 }).optional(),
  prometheus: notAvailableYet('a prometheus probe'),
  whenEmpty: notAvailableYet('whenEmpty, of prometheus probes,'),
  liveness: notAvailableYet('liveness, of prometheus probes,'),
  floor: notAvailableYet('floor, of prometheus probes,'),
});

const ruleText = z.string().min(1).max(ruleLengthMax).meta({ description: 'A CEL expression over the probes' });

const abort = z.strictObject({
  when: ruleText,
  for: duration({ minimum: 0 }).optional().meta({ description: 'How long the breach must last; 0s unless said' }),
  afterwards: z.boolean().optional().meta({ description: 'Watched through recovery too' }),
});

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

const parameter = z.union([z.string().max(1024), z.number(), z.boolean()], {
  error: 'must be a number, text, true or false, as a parameter of the fault',
});
const step = z.object(stepKeys).catchall(parameter);
const parallel = z.strictObject({ parallel: z.array(step).min(1).max(20) });
const wait = z.strictObject({ wait: duration() });

export const experimentSchema = z
  .strictObject({
    apiVersion: z.literal('leash/v1'),
    kind: z.literal('Experiment'),
    metadata,
    goal: prose.optional(),
    hypothesis: prose.optional(),
    stage: z.enum(stages).meta({ description: "Must be what each host's own policy says" }),
    dependsOn: z.array(word).max(100).optional(),
    blastRadius: blastRadius.optional(),
    targets,
    preconditions: z
      .array(
        z.strictObject({
          probe: word.optional(),
          recipe: word.optional(),
          errorBudget: notAvailableYet('errorBudget'),
        }),
      )
      .max(20)
      .optional(),
    probes: z
      .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'must be letters, digits and "_"'), probe)
      .optional(),
    baseline: duration({ minimum: 1000, maximum: hourMs }).optional(),
    steadyState: z.array(ruleText).min(1).max(50).optional(),
    recovery: duration({ minimum: 0, maximum: hourMs }).optional(),
    method: z
      .array(z.union([step, parallel, wait]))
      .min(1)
      .max(50),
    abort: z.array(abort).max(50).optional(),
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

/** The JSON Schema (2020-12) of experiment files, for editors. */
export function experimentJsonSchema(): unknown {
  return z.toJSONSchema(experimentSchema, { target: 'draft-2020-12', io: 'input' });
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}
