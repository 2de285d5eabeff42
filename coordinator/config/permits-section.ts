/** `approvals`, `ticket`, `policy` and `intents` of the coordinator's own file: who and what must say yes before a start. */
import { z } from 'zod';
import { type Stage, stages } from '../../proto/stage.ts';
import { type ApprovalRules, defaultApprovals } from '../core/approval.ts';
import { duration, isHttpUrl } from '../experiment/quantity-schema.ts';
import { compileCelRule } from '../permits/cel-rules.ts';
import type { PermitSettings } from '../permits/open-permits.ts';

const absolutePath = z.string().regex(/^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/, 'must be an absolute path without ..');
const url = z.string().max(2000).refine(isHttpUrl, 'must be an http:// or https:// address without a user in it');
const stageList = z.array(z.enum(stages)).min(1);
const minuteMs = 60_000;
const life = duration({ minimum: minuteMs, maximum: 30 * 24 * 60 * minuteMs });

/** In production nobody may be asked for by less than one other person. */
const asked = (approversMin: number) =>
  z.strictObject({ approvers: z.int().min(approversMin).max(10).optional(), for: life.optional() }).optional();

export const permitsShape = {
  approvals: z
    .strictObject({
      development: asked(0),
      staging: asked(0),
      'production-lite': asked(1),
      'production-full': asked(1),
    })
    .optional(),
  ticket: z
    .strictObject({
      stages: stageList,
      url: url.refine((text) => text.includes('{ticket}'), 'must have {ticket} in it'),
      field: z.string().regex(/^\w+(\.\w+){0,7}$/, 'must be a key of the answer, such as fields.status'),
      values: z.array(z.string().min(1).max(128)).min(1).max(20),
      token: absolutePath.optional(),
      ca: absolutePath.optional(),
    })
    .optional(),
  policy: z
    .strictObject({
      opa: z.strictObject({ url, token: absolutePath.optional(), ca: absolutePath.optional() }).optional(),
      rules: z
        .array(
          z.strictObject({
            name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be small letters, digits and hyphens'),
            denyWhen: z.string().min(1).max(2000).superRefine(isCel),
            because: z.string().min(1).max(500),
          }),
        )
        .max(100)
        .optional(),
    })
    .optional(),
  intents: z
    .strictObject({
      fleet: z.string().regex(/^[\w.-]{1,128}$/, 'must be letters, digits, "_", "." and "-"'),
      folder: absolutePath,
      allowedSigners: absolutePath,
      /** Of commits that are signed by OpenPGP. */
      openPgpKeys: absolutePath.optional(),
      stages: stageList.optional(),
      /** Of the repository that the folder is in. */
      branch: z
        .string()
        .regex(/^[\w][\w./-]{0,200}$/, 'must be the name of a branch')
        .optional(),
    })
    .optional(),
};

const sections = z.strictObject(permitsShape);

/** The keys that exist below each of them, for "did you mean". */
export const permitKeys: Readonly<Record<string, readonly string[]>> = {
  approvals: stages,
  ticket: ['stages', 'url', 'field', 'values', 'token', 'ca'],
  policy: ['opa', 'rules'],
  'policy.opa': ['url', 'token', 'ca'],
  intents: ['fleet', 'folder', 'allowedSigners', 'openPgpKeys', 'stages', 'branch'],
};

export function compilePermits({
  approvals = {},
  ticket,
  policy = {},
  intents,
}: z.output<typeof sections>): PermitSettings {
  const rules = Object.fromEntries(
    stages.map((stage) => {
      const { approvers, for: lifeMs } = approvals[stage] ?? {};
      const preset = defaultApprovals[stage];
      return [stage, { approvers: approvers ?? preset.approvers, lifeMs: lifeMs ?? preset.lifeMs }];
    }),
  );
  const { opa } = policy;
  return {
    approvals: rules as ApprovalRules,
    ...(ticket ? { ticket: { ...ticket, ...files(ticket) } } : {}),
    ...(opa ? { opa: { url: opa.url, ...files(opa) } } : {}),
    rules: policy.rules ?? [],
    ...(intents
      ? {
          intents: {
            ...whereIntentsAre(intents),
            stages: intents.stages ?? productionStages,
            branch: intents.branch ?? 'HEAD',
          },
        }
      : {}),
  };
}

const productionStages: readonly Stage[] = ['production-lite', 'production-full'];

function whereIntentsAre({
  fleet,
  folder,
  allowedSigners,
  openPgpKeys,
}: NonNullable<z.output<typeof sections>['intents']>) {
  return { fleet, folder, allowedSigners, ...(openPgpKeys === undefined ? {} : { openPgpKeys }) };
}

function files({ token, ca }: { token?: string | undefined; ca?: string | undefined }) {
  return { ...(token === undefined ? {} : { tokenFile: token }), ...(ca === undefined ? {} : { caFile: ca }) };
}

function isCel(denyWhen: string, context: z.RefinementCtx): void {
  try {
    compileCelRule({ name: 'rule', denyWhen, because: '' });
  } catch (error) {
    const [message = ''] = (error as Error).message.split('\n');
    context.addIssue({ code: 'custom', message: `is no rule in CEL: ${message}` });
  }
}
