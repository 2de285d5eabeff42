/** The policy file's keys, units and bounds. Every key may be left out; none may be added. */
import { z } from 'zod';
import { faultPattern } from '../../proto/fault-pattern.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { type Bounds, formatDurationMs, parseBytes, parseDurationMs, parsePercent } from '../../proto/quantity.ts';
import { isRole, parsePrincipalUri, roles } from '../../proto/role.ts';
import { isUnitName } from '../../proto/rollback-action.ts';
import { stages } from '../../proto/stage.ts';
import { parsePublicKey } from '../../shared/sshsig.ts';
import { isCgroupName } from '../core/cgroup-name.ts';
import type { IntentPolicy } from '../core/intent.ts';
import { isInterfaceName } from '../core/netem.ts';
import { coolDownMaxMs, defaultDurationMaxMs, defaultPolicy, type HostPolicy } from '../core/policy.ts';
import { isServiceName } from '../core/unit-name.ts';
import { journalSlots } from './journal.ts';
import { recordTargetsMax } from './journal-record.ts';
import { windowsSchema } from './window-schema.ts';

const label = z.string().max(128);
/** What a fault of the host's own is called. */
const ownName = z
  .string()
  .refine((name) => /^[a-z][a-z0-9-]{0,62}$/.test(name), 'must be small letters, digits and hyphens');
const executable = z.string().refine(isPlainPath, 'must be an absolute path of plain names');
/** An executable and its exact arguments. */
const command = z
  .tuple([executable], z.string().min(1).max(256))
  .refine(({ length }) => length <= 65, 'must be at most 65 words');
const programs = z
  .array(z.strictObject({ name: ownName, executable, args: z.array(z.string().min(1).max(256)).max(64).optional() }))
  .max(64)
  .refine(areNamedOnce, 'must name each program once');
const names = z.array(z.string().min(1).max(255)).max(1000);
const kinds = z.array(z.string().regex(faultPattern)).max(100);
const quiet = written(parseDurationMs, { minimum: 0, maximum: coolDownMaxMs });
const callerWords = `must be a role (${roles.join(', ')}), spiffe://TRUST-DOMAIN/ROLE/NAME, uid:NUMBER, login:NUMBER, local, or "*"`;
const cgroupWords = 'must be a unit of systemd such as shop.service, or a path such as /system.slice/shop.service';
const share = written(parsePercent, { minimum: 0, maximum: 100 });

const keyWords = 'must be a public key such as "ssh-ed25519 AAAA…", as ssh-keygen(1) writes it';
/** "." or names that git can have, joined by "/". */
const repositoryFolder = /^(?:\.|(?!\.{1,2}(?:\/|$))[^/\0]+(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)*)$/;
const folderWords =
  'must be a folder as seen from the root of its repository, such as leash/intents, or "." for the root';
const fleetName = /^[\w.-]{1,128}$/;

const directories = z.array(z.string().refine(isDirectory, 'must be an absolute path without ..')).max(100);

const fileSchema = z.strictObject({
  stage: z.enum(stages).optional(),
  labels: z.record(label.min(1), label).optional(),
  callers: z
    .array(z.strictObject({ who: z.string().refine(isCaller, callerWords), faults: kinds }))
    .max(100)
    .optional(),
  faults: z.strictObject({ allow: kinds }).optional(),
  windows: windowsSchema.optional(),
  durationMax: written(parseDurationMs, { minimum: 1000, maximum: 86_400_000 }).optional(),
  durationDefault: written(parseDurationMs, { minimum: 1000, maximum: 86_400_000 }).optional(),
  leaseMax: written(parseDurationMs, { minimum: 1000, maximum: 60_000 }).optional(),
  processesMax: z.int().min(0).max(recordTargetsMax).optional(),
  processesPercentMax: written(parsePercent, { minimum: 0, maximum: 100 }).optional(),
  faultsMax: z.int().min(0).max(journalSlots).optional(),
  survivorsMin: z.int().min(0).max(10_000).optional(),
  cpuPercentMax: written(parsePercent, { minimum: 0, maximum: 100 }).optional(),
  memoryPercentMax: written(parsePercent, { minimum: 0, maximum: 95 }).optional(),
  memoryFloor: written(parseBytes, { minimum: 16 * 2 ** 20, maximum: 2 ** 50 }).optional(),
  paths: z.strictObject({ allow: directories }).optional(),
  ioBytesPerSecondMax: written(parseBytes, { minimum: 0, maximum: 2 ** 50 }).optional(),
  diskPercentMax: written(parsePercent, { minimum: 0, maximum: 99 }).optional(),
  diskFloor: written(parseBytes, { minimum: 2 ** 20, maximum: 2 ** 50 }).optional(),
  openFilesFloor: z.int().min(1024).max(Number.MAX_SAFE_INTEGER).optional(),
  tasksFloor: z.int().min(256).max(4_194_304).optional(),
  niceMin: z.int().min(-20).max(19).optional(),
  reboots: z.boolean().optional(),
  injectsPerMinute: z.int().min(0).max(600).optional(),
  coolDown: z.strictObject({ host: quiet.optional(), target: quiet.optional() }).optional(),
  loadMax: z.number().min(0).max(10_000).optional(),
  pressureMax: z.strictObject({ cpu: share.optional(), memory: share.optional(), io: share.optional() }).optional(),
  custom: programs.optional(),
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
      run: programs.optional(),
    })
    .optional(),
  changes: z
    .array(z.strictObject({ name: ownName, make: command, undo: command, check: command }))
    .max(64)
    .refine(areNamedOnce, 'must name each change once')
    .optional(),
  cgroups: z.strictObject({ allow: z.array(z.string().refine(isCgroupName, cgroupWords)).max(100) }).optional(),
  services: z
    .strictObject({
      allow: z.array(z.string().refine(isServiceName, 'must be the full name of a service of systemd')).max(100),
    })
    .optional(),
  interfaces: z
    .strictObject({ allow: z.array(z.string().refine(isInterfaceName, 'must be the name of an interface')).max(100) })
    .optional(),
  observe: z.strictObject({ paths: directories }).optional(),
  intents: z
    .strictObject({
      fleet: z.string().regex(fleetName),
      keys: z.array(z.string().max(4096).refine(isPublicKey, keyWords)).min(1).max(100),
      commitFolder: z.string().max(1024).regex(repositoryFolder, folderWords).optional(),
    })
    .optional(),
  protect: z
    .strictObject({
      names: names.optional(),
      users: names.optional(),
      units: names.optional(),
      ports: z.array(z.int().min(1).max(65_535)).max(1000).optional(),
    })
    .optional(),
  commandLines: z.enum(['shown', 'hidden']).optional(),
  bindings: z.strictObject({ allow: z.array(z.enum(['kernel', 'journal', 'one-shot'])) }).optional(),
  journalWithoutSupervisor: z.boolean().optional(),
});

export type PolicyIssue = z.core.$ZodIssue;

/** @returns the whole policy, defaults filled in, or what is wrong with the document. */
export function policyFromDocument(document: unknown): HostPolicy | readonly PolicyIssue[] {
  const parsed = fileSchema.safeParse(document);
  if (!parsed.success) return parsed.error.issues;
  const file = parsed.data;
  const stage = file.stage ?? defaultPolicy.stage;
  const durationMaxMs = file.durationMax ?? defaultDurationMaxMs(stage);
  if (file.durationDefault !== undefined && file.durationDefault > durationMaxMs) {
    const message = `must be at most durationMax, which is ${formatDurationMs(durationMaxMs)}`;
    return [{ code: 'custom', path: ['durationDefault'], message, input: file.durationDefault }];
  }
  return {
    stage,
    labels: file.labels ?? defaultPolicy.labels,
    callers: file.callers ?? defaultPolicy.callers,
    faults: file.faults ?? defaultPolicy.faults,
    windows: file.windows ?? defaultPolicy.windows,
    durationMaxMs,
    durationDefaultMs: Math.min(file.durationDefault ?? defaultPolicy.durationDefaultMs, durationMaxMs),
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
    niceMin: file.niceMin ?? defaultPolicy.niceMin,
    reboots: file.reboots ?? defaultPolicy.reboots,
    injectsPerMinute: file.injectsPerMinute ?? defaultPolicy.injectsPerMinute,
    coolDown: {
      hostMs: file.coolDown?.host ?? defaultPolicy.coolDown.hostMs,
      targetMs: file.coolDown?.target ?? defaultPolicy.coolDown.targetMs,
    },
    loadMax: file.loadMax ?? defaultPolicy.loadMax,
    pressureMax: {
      cpuPercent: file.pressureMax?.cpu ?? defaultPolicy.pressureMax.cpuPercent,
      memoryPercent: file.pressureMax?.memory ?? defaultPolicy.pressureMax.memoryPercent,
      ioPercent: file.pressureMax?.io ?? defaultPolicy.pressureMax.ioPercent,
    },
    custom: withArgs(file.custom),
    changes: file.changes ?? defaultPolicy.changes,
    rollback: {
      restart: file.rollback?.restart ?? [],
      call: file.rollback?.call ?? [],
      run: withArgs(file.rollback?.run),
    },
    ...(file.intents ? { intents: intentsOf(file.intents) } : {}),
    protect: {
      names: file.protect?.names ?? [],
      users: file.protect?.users ?? [],
      units: file.protect?.units ?? [],
      ports: file.protect?.ports ?? [],
    },
    cgroups: file.cgroups ?? defaultPolicy.cgroups,
    services: file.services ?? defaultPolicy.services,
    interfaces: file.interfaces ?? defaultPolicy.interfaces,
    observe: file.observe ?? defaultPolicy.observe,
    commandLines: file.commandLines ?? defaultPolicy.commandLines,
    bindings: file.bindings ?? defaultPolicy.bindings,
    journalWithoutSupervisor: file.journalWithoutSupervisor ?? defaultPolicy.journalWithoutSupervisor,
  };
}

/** The keys that exist at a place, for "did you mean". */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let schema: z.ZodType = fileSchema;
  for (const key of path) schema = below(schema, key) ?? schema;
  const bare = bareOf(schema);
  return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
}

/** Every key of the file, by its path, those inside of lists left out: "protect.ports". */
export function policyKeys(path: readonly string[] = []): readonly string[] {
  return knownKeys(path).flatMap((key) => {
    const inner = policyKeys([...path, key]);
    return inner.length === 0 ? [[...path, key].join('.')] : inner;
  });
}

function below(schema: z.ZodType, key: PropertyKey): z.ZodType | undefined {
  const bare = bareOf(schema);
  if (bare instanceof z.ZodArray) return bare.element as z.ZodType;
  return bare instanceof z.ZodObject ? (bare.shape as Record<PropertyKey, z.ZodType>)[key] : undefined;
}

function bareOf(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional) return bareOf(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodPipe ? bareOf(schema.in as z.ZodType) : schema;
}

function isCaller(who: string): boolean {
  if (who === '*' || who === 'local' || isRole(who) || /^(uid|login):\d{1,10}$/.test(who)) return true;
  try {
    parsePrincipalUri(who);
    return true;
  } catch {
    return false;
  }
}

function intentsOf({ fleet, keys, commitFolder }: NonNullable<z.output<typeof fileSchema>['intents']>): IntentPolicy {
  return { fleet, keys: keys.map(parsePublicKey), ...(commitFolder === undefined ? {} : { commitFolder }) };
}

function isPublicKey(line: string): boolean {
  try {
    parsePublicKey(line);
    return true;
  } catch {
    return false;
  }
}

function withArgs(listed: z.output<typeof programs> = []): HostPolicy['custom'] {
  return listed.map((program) => ({ ...program, args: program.args ?? [] }));
}

function areNamedOnce(list: readonly { readonly name: string }[]): boolean {
  return new Set(list.map(({ name }) => name)).size === list.length;
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
