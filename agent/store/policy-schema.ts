/** The policy file's keys, units and bounds. Every key may be left out; none may be added. */
import { z } from 'zod';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { type Bounds, parseBytes, parseDurationMs, parsePercent } from '../../proto/quantity.ts';
import { isUnitName } from '../../proto/rollback-action.ts';
import { stages } from '../../proto/stage.ts';
import { defaultPolicy, type HostPolicy } from '../core/policy.ts';
import { journalSlots } from './journal.ts';
import { recordTargetsMax } from './journal-record.ts';

const label = z.string().max(128);
const names = z.array(z.string().min(1).max(255)).max(1000);

const fileSchema = z.strictObject({
  stage: z.enum(stages).optional(),
  labels: z.record(label.min(1), label).optional(),
  faults: z.strictObject({ allow: z.array(z.string().regex(/^(\*|[a-z]+\.(\*|[a-z-]+))$/)).max(100) }).optional(),
  durationMax: written(parseDurationMs, { minimum: 1000, maximum: 86_400_000 }).optional(),
  leaseMax: written(parseDurationMs, { minimum: 1000, maximum: 60_000 }).optional(),
  processesMax: z.int().min(0).max(recordTargetsMax).optional(),
  processesPercentMax: written(parsePercent, { minimum: 0, maximum: 100 }).optional(),
  faultsMax: z.int().min(0).max(journalSlots).optional(),
  survivorsMin: z.int().min(0).max(10_000).optional(),
  cpuPercentMax: written(parsePercent, { minimum: 0, maximum: 100 }).optional(),
  memoryPercentMax: written(parsePercent, { minimum: 0, maximum: 95 }).optional(),
  memoryFloor: written(parseBytes, { minimum: 16 * 2 ** 20, maximum: 2 ** 50 }).optional(),
  paths: z
    .strictObject({ allow: z.array(z.string().refine(isDirectory, 'must be an absolute path without ..')).max(100) })
    .optional(),
  ioBytesPerSecondMax: written(parseBytes, { minimum: 0, maximum: 2 ** 50 }).optional(),
  diskPercentMax: written(parsePercent, { minimum: 0, maximum: 99 }).optional(),
  diskFloor: written(parseBytes, { minimum: 2 ** 20, maximum: 2 ** 50 }).optional(),
  openFilesFloor: z.int().min(1024).max(Number.MAX_SAFE_INTEGER).optional(),
  tasksFloor: z.int().min(256).max(4_194_304).optional(),
  injectsPerMinute: z.int().min(0).max(600).optional(),
  custom: programs().optional(),
  rollback: z
    .strictObject({
      restart: z.array(z.string().refine(isUnitName, 'must be the full name of a systemd unit')).max(100).optional(),
      call: z
        .array(
          z
            .string()
            .regex(/^https?:\/\/[^/@\s]+(\/\S*)?$/)
            .max(2000),
        )
        .max(100)
        .optional(),
      run: programs().optional(),
    })
    .optional(),
  protect: z.strictObject({ names: names.optional(), users: names.optional(), units: names.optional() }).optional(),
  bindings: z.strictObject({ allow: z.array(z.enum(['kernel', 'journal', 'one-shot'])) }).optional(),
  journalWithoutSupervisor: z.boolean().optional(),
});

export type PolicyIssue = z.core.$ZodIssue;

/** @returns the whole policy, defaults filled in, or what is wrong with the document. */
export function policyFromDocument(document: unknown): HostPolicy | readonly PolicyIssue[] {
  const parsed = fileSchema.safeParse(document);
  if (!parsed.success) return parsed.error.issues;
  const file = parsed.data;
  return {
    stage: file.stage ?? defaultPolicy.stage,
    labels: file.labels ?? defaultPolicy.labels,
    faults: file.faults ?? defaultPolicy.faults,
    durationMaxMs: file.durationMax ?? defaultPolicy.durationMaxMs,
    leaseMaxMs: file.leaseMax ?? defaultPolicy.leaseMaxMs,
    processesMax: file.processesMax ?? defaultPolicy.processesMax,
    processesPercentMax: file.processesPercentMax ?? defaultPolicy.processesPercentMax,
    faultsMax: file.faultsMax ?? defaultPolicy.faultsMax,
    survivorsMin: file.survivorsMin ?? defaultPolicy.survivorsMin,
    cpuPercentMax: file.cpuPercentMax ?? defaultPolicy.cpuPercentMax,
    memoryPercentMax: file.memoryPercentMax ?? defaultPolicy.memoryPercentMax,
    memoryFloorBytes: file.memoryFloor ?? defaultPolicy.memoryFloorBytes,
    paths: file.paths ?? defaultPolicy.paths,
    ioBytesPerSecondMax: file.ioBytesPerSecondMax ?? defaultPolicy.ioBytesPerSecondMax,
    diskPercentMax: file.diskPercentMax ?? defaultPolicy.diskPercentMax,
    diskFloorBytes: file.diskFloor ?? defaultPolicy.diskFloorBytes,
    openFilesFloor: file.openFilesFloor ?? defaultPolicy.openFilesFloor,
    tasksFloor: file.tasksFloor ?? defaultPolicy.tasksFloor,
    injectsPerMinute: file.injectsPerMinute ?? defaultPolicy.injectsPerMinute,
    custom: withArgs(file.custom),
    rollback: {
      restart: file.rollback?.restart ?? [],
      call: file.rollback?.call ?? [],
      run: withArgs(file.rollback?.run),
    },
    protect: {
      names: file.protect?.names ?? [],
      users: file.protect?.users ?? [],
      units: file.protect?.units ?? [],
    },
    bindings: file.bindings ?? defaultPolicy.bindings,
    journalWithoutSupervisor: file.journalWithoutSupervisor ?? defaultPolicy.journalWithoutSupervisor,
  };
}

/** The nearest key that exists, for "did you mean". */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  switch (path.join('.')) {
    case '':
      return Object.keys(fileSchema.shape);
    case 'protect':
      return ['names', 'users', 'units'];
    case 'rollback':
      return ['restart', 'call', 'run'];
    default:
      return path[0] === 'custom' || path[0] === 'rollback' ? ['name', 'executable', 'args'] : ['allow'];
  }
}

function programs() {
  return z
    .array(
      z.strictObject({
        name: z
          .string()
          .refine((name) => /^[a-z][a-z0-9-]{0,62}$/.test(name), 'must be small letters, digits and hyphens'),
        executable: z.string().refine(isPlainPath, 'must be an absolute path of plain names'),
        args: z.array(z.string().min(1).max(256)).max(64).optional(),
      }),
    )
    .max(64)
    .refine((listed) => new Set(listed.map(({ name }) => name)).size === listed.length, 'must name each program once');
}

function withArgs(listed: z.output<ReturnType<typeof programs>> = []): HostPolicy['custom'] {
  return listed.map((program) => ({ ...program, args: program.args ?? [] }));
}

function isDirectory(path: string): boolean {
  return path === '/' || (path.length < 4096 && /^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/.test(path));
}

function isPlainPath(path: string): boolean {
  return path.length < 4096 && /^(\/[\w@+-][\w.@+-]*)+$/.test(path);
}

/** A quantity with its unit, by the parser that also reads requests. */
function written(parse: (value: unknown, path: string, bounds: Bounds) => number, bounds: Bounds) {
  return z.unknown().transform((value, context) => {
    try {
      return parse(value, '', bounds);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      context.addIssue({ code: 'custom', message: error.expectation });
      return z.NEVER;
    }
  });
}
