/** The coordinator's own file: what it lends to probes, and how much error budget a start needs. Nothing remote changes it. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Stage, stages } from '../../proto/stage.ts';
import type { AccessRules } from '../core/bindings.ts';
import { FileProblems } from '../experiment/file-problem.ts';
import { duration, isHttpUrl, percent } from '../experiment/quantity-schema.ts';
import { issueMessage, schemaProblems } from '../experiment/schema-problem.ts';
import { fileSizeMaxBytes, readYaml, type YamlProblem } from '../experiment/yaml-text.ts';
import type { ChatSetup } from '../http/chat/chat-tool.ts';
import type { OidcSettings } from '../identity/oidc.ts';
import type { LoadSettings } from '../load/load-driver.ts';
import type { PermitSettings } from '../permits/open-permits.ts';
import type { ProbeProgram } from '../probes/probe-kind.ts';
import { accessSchema, compileAccess } from './access-section.ts';
import { chatKeys, chatSchema, compileChat } from './chat-section.ts';
import { compileOidc, oidcSchema } from './oidc-section.ts';
import { compilePermits, permitKeys, permitsShape } from './permits-section.ts';

export interface CoordinatorFile {
  readonly prometheusUrl?: string;
  /** What exec probes may run. */
  readonly programs: readonly ProbeProgram[];
  readonly errorBudget: ErrorBudgetSettings;
  /** Absent: no traffic is driven. */
  readonly load?: LoadSettings;
  readonly access: AccessRules;
  readonly permits: PermitSettings;
  /** Absent: nobody is named by a provider of identities. */
  readonly oidc?: OidcSettings;
  /** Chat tools whose command halts the fleet. */
  readonly chat: readonly ChatSetup[];
}

export interface ErrorBudgetSettings {
  /** Absolute path of a folder of OpenSLO files; without one there are no SLOs. */
  readonly slosDirectory?: string;
  /** What must be left of a budget for a start, in percent. */
  readonly startMinPercent: Readonly<Record<Stage, number>>;
  /** An experiment may ask for less than that, and never for less than this. */
  readonly floorMinPercent: number;
  /** Burning as fast as this over both windows aborts. */
  readonly burn: readonly BurnWindows[];
}

export interface BurnWindows {
  readonly longMs: number;
  readonly shortMs: number;
  /** 1 spends the budget in just the time that it is for. */
  readonly rateMax: number;
}

const absolutePath = z.string().regex(/^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/, 'must be an absolute path without ..');

const schema = z.strictObject({
  prometheus: z
    .strictObject({ url: z.string().refine(isHttpUrl, 'must be an http:// or https:// address without a user in it') })
    .optional(),
  programs: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be small letters, digits and hyphens'),
        path: absolutePath,
        args: z.array(z.string().min(1).max(256)).max(64).optional(),
      }),
    )
    .max(100)
    .optional(),
  access: accessSchema.optional(),
  oidc: oidcSchema.optional(),
  chat: chatSchema.optional(),
  ...permitsShape,
  errorBudget: z
    .strictObject({
      slos: absolutePath.optional(),
      startMin: z.partialRecord(z.enum(stages), percent()).optional(),
      floorMin: percent().optional(),
      burn: z
        .array(z.strictObject({ long: duration(), short: duration(), rate: z.number().min(1).max(10_000) }))
        .min(1)
        .max(8)
        .optional(),
    })
    .optional(),
  load: z
    .strictObject({
      targets: z
        .array(z.string().regex(/^(\[[0-9a-f:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, 'must be host:port'))
        .min(1)
        .max(100),
      requestsPerSecondMax: z.int().min(1).max(10_000).optional(),
      connectionsMax: z.int().min(1).max(1000).optional(),
      durationMax: duration().optional(),
      logs: z
        .array(z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/), path: absolutePath }))
        .max(100)
        .optional(),
    })
    .optional(),
});

const loadDefaults = { requestsPerSecondMax: 100, connectionsMax: 20, durationMaxMs: 15 * 60_000 };

const hourMs = 3_600_000;
const startMinDefault = 25;
const floorMinDefault = 20;

/** Site Reliability Workbook, chapter 5: 2 % of the budget of 30 days in an hour, and 5 % in six. */
const burnDefault: readonly BurnWindows[] = [
  { longMs: hourMs, shortMs: hourMs / 12, rateMax: 14.4 },
  { longMs: 6 * hourMs, shortMs: hourMs / 2, rateMax: 6 },
];

export const defaultCoordinatorFile: CoordinatorFile = compiled({});

/** @throws FileProblems */
export async function readCoordinatorFile(path: string): Promise<CoordinatorFile> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new FileProblems([{ file: path, line: 1, column: 1, message: error.message }]);
  });
  return parseCoordinatorFile(path, text.slice(0, fileSizeMaxBytes + 1));
}

/** @param file only for messages. @throws FileProblems */
export function parseCoordinatorFile(file: string, text: string): CoordinatorFile {
  const refuse = (problems: readonly YamlProblem[]): void => {
    if (problems.length > 0) throw new FileProblems(problems.map((problem) => ({ file, ...problem })));
  };
  const yaml = readYaml(text);
  refuse(yaml.problems);
  const parsed = schema.safeParse(yaml.value, { error: issueMessage, reportInput: true });
  if (!parsed.success) {
    const known = (path: readonly PropertyKey[]): readonly string[] => knownKeys[path.join('.')] ?? [];
    refuse(schemaProblems(parsed.error.issues, yaml, known));
    throw parsed.error;
  }
  return compiled(parsed.data);
}

const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(schema.shape),
  prometheus: ['url'],
  errorBudget: ['slos', 'startMin', 'floorMin', 'burn'],
  load: ['targets', 'requestsPerSecondMax', 'connectionsMax', 'durationMax', 'logs'],
  access: Object.keys(accessSchema.shape),
  oidc: Object.keys(oidcSchema.shape),
  ...chatKeys,
  ...permitKeys,
};

function compiled({
  prometheus,
  programs = [],
  errorBudget = {},
  load,
  access = {},
  oidc,
  chat = {},
  ...permits
}: z.output<typeof schema>): CoordinatorFile {
  const { slos, startMin, floorMin = floorMinDefault, burn } = errorBudget;
  const startMinPercent = Object.fromEntries(stages.map((stage) => [stage, startMin?.[stage] ?? startMinDefault]));
  return {
    ...(prometheus ? { prometheusUrl: prometheus.url } : {}),
    access: compileAccess(access),
    permits: compilePermits(permits),
    chat: compileChat(chat),
    ...(oidc ? { oidc: compileOidc(oidc) } : {}),
    programs: programs.map(({ name, path, args = [] }) => ({ name, path, args })),
    ...(load ? { load: compiledLoad(load) } : {}),
    errorBudget: {
      ...(slos === undefined ? {} : { slosDirectory: slos }),
      startMinPercent: startMinPercent as Record<Stage, number>,
      floorMinPercent: floorMin,
      burn: burn?.map(({ long, short, rate }) => ({ longMs: long, shortMs: short, rateMax: rate })) ?? burnDefault,
    },
  };
}

function compiledLoad({
  targets,
  durationMax,
  logs = [],
  ...own
}: NonNullable<z.output<typeof schema>['load']>): LoadSettings {
  const { requestsPerSecondMax, connectionsMax, durationMaxMs } = loadDefaults;
  return {
    targets,
    requestsPerSecondMax: own.requestsPerSecondMax ?? requestsPerSecondMax,
    connectionsMax: own.connectionsMax ?? connectionsMax,
    durationMaxMs: durationMax ?? durationMaxMs,
    logs,
  };
}
