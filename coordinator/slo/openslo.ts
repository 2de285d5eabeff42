/**
 * SLOs as OpenSLO v1 has them (openslo.com): ratio and threshold metrics with a Prometheus source. What of a file decides
 * about a budget is checked; what is only for people (descriptions, alert policies, annotations) is let be.
 */
import { z } from 'zod';
import { parseDurationMs } from '../../proto/quantity.ts';
import { FileProblems } from '../experiment/file-problem.ts';
import { readYaml } from '../experiment/yaml-text.ts';

export interface Slo {
  readonly name: string;
  readonly service: string;
  /** The time that the budget is for. */
  readonly windowMs: number;
  /** The share that must be good, above 0 and below 1. */
  readonly target: number;
  readonly indicator: Indicator;
}

export type Indicator =
  | {
      readonly kind: 'ratio';
      /** Totals that only grow, rather than rates. */
      readonly isCounter: boolean;
      readonly counted: 'good' | 'bad';
      readonly query: string;
      readonly totalQuery: string;
    }
  | {
      readonly kind: 'threshold';
      readonly query: string;
      readonly operator: '<' | '<=' | '>' | '>=';
      readonly bound: number;
    };

const metric = z.object({
  metricSource: z.object({
    type: z
      .string()
      .regex(/^prometheus$/i, 'must be Prometheus, the only source that is asked')
      .optional(),
    spec: z.object({ query: z.string().min(1).max(4000) }),
  }),
});

const indicatorSpec = z.object({
  ratioMetric: z
    .object({ counter: z.boolean(), good: metric.optional(), bad: metric.optional(), total: metric })
    .optional(),
  thresholdMetric: metric.optional(),
});

const metadata = z.object({ name: z.string().min(1).max(128) });

const document = z.discriminatedUnion('kind', [
  z.object({
    apiVersion: z.literal('openslo/v1'),
    kind: z.literal('SLO'),
    metadata,
    spec: z.object({
      service: z.string().max(128).optional(),
      indicator: z.object({ spec: indicatorSpec }).optional(),
      indicatorRef: z.string().optional(),
      timeWindow: z
        .array(z.object({ duration: z.string(), isRolling: z.literal(true, { error: 'must be true' }) }))
        .length(1),
      objectives: z
        .array(
          z.object({
            target: z.number().gt(0).lt(1).optional(),
            targetPercent: z.number().gt(0).lt(100).optional(),
            op: z.enum(['lt', 'lte', 'gt', 'gte']).optional(),
            value: z.number().optional(),
          }),
        )
        .length(1),
    }),
  }),
  z.object({
    apiVersion: z.literal('openslo/v1'),
    kind: z.literal('SLI'),
    metadata,
    spec: indicatorSpec,
  }),
  z.object({
    apiVersion: z.literal('openslo/v1'),
    kind: z.enum(['Service', 'DataSource', 'AlertPolicy', 'AlertCondition', 'AlertNotificationTarget']),
  }),
]);

const operators = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;
const yearMs = 366 * 86_400_000;

/** @param files all of a folder, since an SLO may refer to an indicator in another one. @throws FileProblems */
export function parseSlos(files: readonly { readonly name: string; readonly text: string }[]): readonly Slo[] {
  const documents = files.map(({ name: file, text }) => ({ file, parsed: parseDocument(file, text) }));
  const shared = new Map(
    documents.flatMap(({ parsed }) => (parsed.kind === 'SLI' ? [[parsed.metadata.name, parsed.spec] as const] : [])),
  );
  return documents.flatMap(({ file, parsed }) => {
    if (parsed.kind !== 'SLO') return [];
    const fail = (message: string): never => wrong(file, message);
    const { indicator, indicatorRef = '', timeWindow, objectives, service = '' } = parsed.spec;
    const spec =
      indicator?.spec ?? shared.get(indicatorRef) ?? fail(`spec.indicatorRef: no SLI is called "${indicatorRef}"`);
    const [objective] = objectives;
    const percent = objective?.targetPercent;
    const target = objective?.target ?? (percent === undefined ? undefined : percent / 100);
    return [
      {
        name: parsed.metadata.name,
        service,
        windowMs: windowMs(timeWindow[0]?.duration ?? '', fail),
        target: target ?? fail('spec.objectives[0]: target or targetPercent is required'),
        indicator: indicatorOf(spec, objective ?? {}, fail),
      },
    ];
  });
}

type Fail = (message: string) => never;

function indicatorOf(
  { ratioMetric, thresholdMetric }: z.output<typeof indicatorSpec>,
  { op, value }: { readonly op?: keyof typeof operators | undefined; readonly value?: number | undefined },
  fail: Fail,
): Indicator {
  if (ratioMetric) {
    const { counter: isCounter, good, bad, total } = ratioMetric;
    const counted = good ? 'good' : 'bad';
    const query = (good ?? bad ?? fail('ratioMetric: good or bad is required')).metricSource.spec.query;
    return { kind: 'ratio', isCounter, counted, query, totalQuery: total.metricSource.spec.query };
  }
  if (!thresholdMetric) return fail('the indicator needs a ratioMetric or a thresholdMetric');
  if (op === undefined || value === undefined)
    return fail('spec.objectives[0]: op and value go with a thresholdMetric');
  return { kind: 'threshold', query: thresholdMetric.metricSource.spec.query, operator: operators[op], bound: value };
}

/** OpenSLO has weeks (w) and days (d) beside our units. */
function windowMs(written: string, fail: Fail): number {
  const days = /^(\d{1,3})([dw])$/.exec(written);
  if (days) return Number(days[1]) * (days[2] === 'w' ? 7 : 1) * 86_400_000;
  try {
    return parseDurationMs(written, 'spec.timeWindow[0].duration', { minimum: 1000, maximum: yearMs });
  } catch (error) {
    return fail((error as Error).message);
  }
}

function parseDocument(file: string, text: string): z.output<typeof document> {
  const yaml = readYaml(text);
  if (yaml.problems.length > 0) throw new FileProblems(yaml.problems.map((problem) => ({ file, ...problem })));
  const parsed = document.safeParse(yaml.value);
  if (parsed.success) return parsed.data;
  throw new FileProblems(
    parsed.error.issues.map((issue) => ({
      file,
      ...yaml.placeOf(issue.path),
      message: `${issue.path.join('.') || 'the file'}: ${issue.message}`,
    })),
  );
}

function wrong(file: string, message: string): never {
  throw new FileProblems([{ file, line: 1, column: 1, message }]);
}
